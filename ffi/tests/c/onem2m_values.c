/* Times, schedules, addresses and definitions of oneM2M by themselves. */
#include "expect.h"

static char text[64];
static size_t len;

static int is(m2m_onem2m_part part, const char *expected) {
    if (expected == NULL) return part.text == NULL && part.len == 0;
    return part.text != NULL && part.len == strlen(expected) && memcmp(part.text, expected, part.len) == 0;
}

/* TS-0004 table 6.3.3-1. */
static void times(void) {
    int64_t at = 5;
    uint64_t span = 5;
    OK(m2m_onem2m_timestamp_read("20141003T112032", &at));
    CHECK(at == INT64_C(1412335232000));
    OK(m2m_onem2m_timestamp_write(at, 0, text, 16, &len));
    CHECK(len == 15 && strcmp(text, "20141003T112032") == 0);
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_timestamp_write(at, 0, text, 15, &len));
    OK(m2m_onem2m_timestamp_write(at + 7, 1, text, sizeof text, &len));
    CHECK(strcmp(text, "20141003T112032,007") == 0);
    OK(m2m_onem2m_timestamp_read(text, &at));
    CHECK(at == INT64_C(1412335232007));
    IS(M2M_INVALID, m2m_onem2m_timestamp_write(INT64_MAX, 0, text, sizeof text, &len));
    IS(M2M_MALFORMED, m2m_onem2m_timestamp_read("20140230T112032", &at));
    IS(M2M_MALFORMED, m2m_onem2m_timestamp_read("2014-10-03T11:20:32Z", &at));
    IS(M2M_NULL, m2m_onem2m_timestamp_read(NULL, &at));
    OK(m2m_onem2m_time_resolve("19700101T000001", 9, &at));
    CHECK(at == 1000);
    OK(m2m_onem2m_time_resolve("-4", 9, &at));
    CHECK(at == 5);
    OK(m2m_onem2m_time_resolve("PT1M", 9, &at));
    CHECK(at == 60009);
    IS(M2M_NOTHING, m2m_onem2m_time_resolve("P1M", 9, &at));
    IS(M2M_MALFORMED, m2m_onem2m_time_resolve("soon", 9, &at));
    OK(m2m_onem2m_duration_read("P1DT12H0,5S", &span));
    CHECK(span == 129600500);
    IS(M2M_NOTHING, m2m_onem2m_duration_read("P1Y", &span));
    IS(M2M_MALFORMED, m2m_onem2m_duration_read("-PT1S", &span));
    OK(m2m_onem2m_duration_write(90500, text, sizeof text, &len));
    CHECK(strcmp(text, "PT90,500S") == 0);
    OK(m2m_onem2m_duration_read(text, &span));
    CHECK(span == 90500);
    IS(M2M_INVALID, m2m_onem2m_duration_write(UINT64_C(1000) << 32, text, sizeof text, &len));
}

static void schedules(void) {
    static const char early[] = "* 0-29 8 * * 1-5 *"; /* half past midnight of no Sunday */
    int64_t at = 5;
    /* 1970-01-01 was a Thursday. */
    OK(m2m_onem2m_schedule_contains(early, INT64_C(8) * 3600000));
    IS(M2M_NOTHING, m2m_onem2m_schedule_contains(early, INT64_C(8) * 3600000 + 1800000));
    OK(m2m_onem2m_schedule_next(early, INT64_C(9) * 3600000, &at));
    CHECK(at == INT64_C(32) * 3600000);
    OK(m2m_onem2m_schedule_next(early, at + INT64_C(2) * 3600000, &at)); /* Friday to Monday */
    CHECK(at == INT64_C(104) * 3600000);
    IS(M2M_NOTHING, m2m_onem2m_schedule_next("0 0 0 30 2 * *", 0, &at));
    IS(M2M_MALFORMED, m2m_onem2m_schedule_next("* * *", 0, &at));
    IS(M2M_MALFORMED, m2m_onem2m_schedule_contains("60 * * * * * *", 0));
    IS(M2M_NULL, m2m_onem2m_schedule_contains(NULL, 0));
    IS(M2M_NULL, m2m_onem2m_schedule_next(early, 0, NULL));
}

/* TS-0001 table 7.2-1. */
static void addresses(void) {
    m2m_onem2m_address a;
    m2m_onem2m_originator who;
    int32_t form = 9;
    OK(m2m_onem2m_address_read("//sp.org/cse/base/cnt/la", &a));
    CHECK(a.scope == M2M_ONEM2M_ABSOLUTE && is(a.provider, "sp.org") && is(a.cse, "cse") && is(a.path, "base/cnt/la"));
    CHECK(is(a.virtual_resource, "la") && is(a.virtual_parent, "base/cnt") && is(a.suffix, NULL) && is(a.attribute, NULL));
    OK(m2m_onem2m_address_read("base/grp/fopt/x#lbl", &a));
    CHECK(a.scope == M2M_ONEM2M_CSE_RELATIVE && is(a.provider, NULL) && is(a.cse, NULL) && is(a.attribute, "lbl"));
    CHECK(is(a.virtual_resource, "fopt") && is(a.virtual_parent, "base/grp") && is(a.suffix, "x"));
    OK(m2m_onem2m_address_read("/cse", &a));
    CHECK(a.scope == M2M_ONEM2M_SP_RELATIVE && is(a.cse, "cse") && is(a.path, "") && is(a.virtual_resource, NULL));
    IS(M2M_MALFORMED, m2m_onem2m_address_read("a//b", &a));
    IS(M2M_MALFORMED, m2m_onem2m_address_read("a b", &a));
    IS(M2M_NULL, m2m_onem2m_address_read(NULL, &a));
    OK(m2m_onem2m_address_form("/cse", "base", &form));
    CHECK(form == M2M_ONEM2M_FORM_CSE);
    OK(m2m_onem2m_address_form("base/cnt", "base", &form));
    CHECK(form == M2M_ONEM2M_FORM_STRUCTURED);
    OK(m2m_onem2m_address_form("cnt4711", "base", &form));
    CHECK(form == M2M_ONEM2M_FORM_UNSTRUCTURED);
    OK(m2m_onem2m_address_form("cnt4711/la", "base", &form));
    CHECK(form == M2M_ONEM2M_FORM_HYBRID);
    OK(m2m_onem2m_address_relative("//sp.org/cse/base/a", "sp.org", "cse", text, sizeof text, &len));
    CHECK(strcmp(text, "base/a") == 0 && len == 6);
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_address_relative("//sp.org/cse/base/a", "sp.org", "cse", text, 6, &len));
    OK(m2m_onem2m_address_relative("//sp.org/cse/base/a", "sp.org", "other", text, sizeof text, &len));
    CHECK(strcmp(text, "/cse/base/a") == 0);
    OK(m2m_onem2m_address_in_scope("base/a", M2M_ONEM2M_ABSOLUTE, "sp.org", "cse", text, sizeof text, &len));
    CHECK(strcmp(text, "//sp.org/cse/base/a") == 0);
    OK(m2m_onem2m_address_in_scope("base/a", M2M_ONEM2M_SP_RELATIVE, NULL, "cse", text, sizeof text, &len));
    CHECK(strcmp(text, "/cse/base/a") == 0);
    IS(M2M_INVALID, m2m_onem2m_address_in_scope("base/a", M2M_ONEM2M_SP_RELATIVE, NULL, "a/b", text, sizeof text, &len));
    IS(M2M_INVALID, m2m_onem2m_address_in_scope("base/a", M2M_ONEM2M_CSE_RELATIVE, NULL, "cse", text, sizeof text, &len));
    OK(m2m_onem2m_address_parent("/cse/base/a", text, sizeof text, &len));
    CHECK(strcmp(text, "/cse/base") == 0);
    IS(M2M_NOTHING, m2m_onem2m_address_parent("base", text, sizeof text, &len));
    /* TS-0009 clause 6.2.2. */
    OK(m2m_onem2m_address_to_path("/cse/base/a", text, sizeof text, &len));
    CHECK(strcmp(text, "/~/cse/base/a") == 0);
    OK(m2m_onem2m_address_from_path("/_/sp.org/cse/base", text, sizeof text, &len));
    CHECK(strcmp(text, "//sp.org/cse/base") == 0);
    IS(M2M_MALFORMED, m2m_onem2m_address_from_path("base", text, sizeof text, &len));
    OK(m2m_onem2m_originator_read("/cse/Cae1", &who));
    CHECK(who.kind == M2M_ONEM2M_OF_AE && is(who.cse, "cse") && is(who.id, "Cae1") && is(who.provider, NULL));
    OK(m2m_onem2m_originator_read("//sp.org/cse", &who));
    CHECK(who.kind == M2M_ONEM2M_OF_ENTITY && is(who.provider, "sp.org") && is(who.id, "cse") && is(who.cse, NULL));
    OK(m2m_onem2m_originator_read("S", &who));
    CHECK(who.kind == M2M_ONEM2M_REGISTERING && is(who.id, "S"));
    IS(M2M_MALFORMED, m2m_onem2m_originator_read("x", &who));
    OK(m2m_onem2m_originator_relative("//sp.org/cse/Cae1", "sp.org", "cse", text, sizeof text, &len));
    CHECK(strcmp(text, "Cae1") == 0);
    IS(M2M_NULL, m2m_onem2m_originator_relative(NULL, "sp.org", "cse", text, sizeof text, &len));
}

/* TS-0001 clause 9.6, TS-0004 clause 7.4. */
static void definitions(void) {
    m2m_onem2m_definition d;
    m2m_onem2m_attribute a, same;
    uint32_t number = 9, at;
    OK(m2m_onem2m_type_describe(M2M_ONEM2M_CIN, &d));
    CHECK(d.create == 1 && d.update == 0 && d.deletion == 1 && d.attributes > 10);
    OK(m2m_onem2m_type_describe(1006, &d)); /* battery */
    CHECK(d.create == 1 && d.update == 1 && d.has_policy == 1);
    IS(M2M_NOTHING, m2m_onem2m_type_describe(0, &d));
    IS(M2M_NOTHING, m2m_onem2m_type_describe(10003, &d));
    IS(M2M_NULL, m2m_onem2m_type_describe(3, NULL));
    OK(m2m_onem2m_type_member_name(M2M_ONEM2M_CNT, text, sizeof text, &len));
    CHECK(strcmp(text, "m2m:cnt") == 0 && len == 7);
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_type_member_name(M2M_ONEM2M_CNT, text, 7, &len));
    OK(m2m_onem2m_type_member_name(10003, text, sizeof text, &len));
    CHECK(strcmp(text, "m2m:cntA") == 0);
    OK(m2m_onem2m_type_member_name(1006, text, sizeof text, &len));
    CHECK(strcmp(text, "m2m:bat") == 0);
    IS(M2M_NOTHING, m2m_onem2m_type_member_name(999, text, sizeof text, &len));
    OK(m2m_onem2m_type_of("m2m:cnt", &number));
    CHECK(number == M2M_ONEM2M_CNT);
    OK(m2m_onem2m_type_of("m2m:bat", &number));
    CHECK(number == 1006);
    IS(M2M_NOTHING, m2m_onem2m_type_of("cnt", &number));
    OK(m2m_onem2m_type_allows_child(M2M_ONEM2M_CNT, M2M_ONEM2M_CIN));
    IS(M2M_NOTHING, m2m_onem2m_type_allows_child(M2M_ONEM2M_CIN, M2M_ONEM2M_CNT));
    IS(M2M_NOTHING, m2m_onem2m_type_allows_child(999, M2M_ONEM2M_CNT));
    OK(m2m_onem2m_attribute_find(M2M_ONEM2M_CIN, "con", &a));
    CHECK(is(a.short_name, "con") && is(a.long_name, "content") && a.kind == M2M_ONEM2M_ANY && a.list == 0);
    CHECK(a.mandatory == 0 && a.create == M2M_ONEM2M_MAY && a.update == M2M_ONEM2M_NOT_PRESENT);
    OK(m2m_onem2m_attribute_find(1006, "obis", &a));
    CHECK(a.kind == M2M_ONEM2M_URI && a.list == 1 && a.create == M2M_ONEM2M_MAY && a.announced == M2M_ONEM2M_MAY);
    OK(m2m_onem2m_attribute_find(1006, "mgd", &a));
    CHECK(a.kind == M2M_ONEM2M_ENUMERATION && is(a.type_name, "m2m:mgmtDefinition"));
    CHECK(a.mandatory == 1 && a.create == M2M_ONEM2M_MUST && a.announced == M2M_ONEM2M_MUST);
    IS(M2M_NOTHING, m2m_onem2m_attribute_find(M2M_ONEM2M_CIN, "mni", &a));
    IS(M2M_NULL, m2m_onem2m_attribute_find(M2M_ONEM2M_CIN, NULL, &a));
    /* One after the other they are as many as was said, and found by their names. */
    OK(m2m_onem2m_type_describe(M2M_ONEM2M_SUB, &d));
    for (at = 0; m2m_onem2m_attribute_at(M2M_ONEM2M_SUB, at, &a) == M2M_OK; at++) {
        memcpy(text, a.short_name.text, a.short_name.len);
        text[a.short_name.len] = 0;
        OK(m2m_onem2m_attribute_find(M2M_ONEM2M_SUB, text, &same));
        CHECK(same.short_name.text == a.short_name.text && same.kind == a.kind);
        if (a.kind == M2M_ONEM2M_COMPLEX) {
            memcpy(text, a.type_name.text, a.type_name.len);
            text[a.type_name.len] = 0;
            OK(m2m_onem2m_member_at(text, 0, &same));
            CHECK(same.short_name.len > 0);
            IS(M2M_NOTHING, m2m_onem2m_member_at(text, 99, &same));
        }
    }
    CHECK(at == d.attributes && at > 10);
    IS(M2M_NOTHING, m2m_onem2m_member_at("m2m:nothing", 0, &a));
}

int main(void) {
    times();
    schedules();
    addresses();
    definitions();
    puts("all of onem2m_values.c passed");
    return 0;
}
