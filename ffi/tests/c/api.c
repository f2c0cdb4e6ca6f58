/* The API with good and with bad arguments. No server: see server.c. */
#include "check.h"

static m2m_path own(uint16_t resource) { return m2m_path_resource(OWN, 0, resource); }

static void results_and_versions(void) {
    char text[32];
    CHECK(strcmp(m2m_version(), M2M_VERSION) == 0);
    snprintf(text, sizeof text, "%d.%d.%d", M2M_VERSION_MAJOR, M2M_VERSION_MINOR,
             M2M_VERSION_PATCH);
    CHECK(strcmp(text, M2M_VERSION) == 0);
    const char *unknown = m2m_strerror(12345);
    CHECK(strcmp(unknown, m2m_strerror(INT32_MIN)) == 0);
    for (int32_t r = M2M_TOO_LONG; r <= M2M_IGNORED; r++) {
        CHECK(strcmp(m2m_strerror(r), unknown) != 0);
    }
    CHECK(strcmp(m2m_strerror(M2M_TOO_LONG - 1), unknown) == 0);
    CHECK(strcmp(m2m_strerror(M2M_IGNORED + 1), unknown) == 0);
}

static void paths(void) {
    m2m_path path = {7, {1, 2, 3, 4}};
    char text[M2M_PATH_SIZE];
    size_t len = 99;
    OK(m2m_path_parse("/3303/0/5700", &path));
    CHECK(path.len == 3 && path.ids[0] == 3303 && path.ids[1] == 0 && path.ids[2] == 5700);
    CHECK(m2m_path_equal(path, m2m_path_resource(3303, 0, 5700)));
    CHECK(m2m_path_equal(path, m2m_path_from("/3303/0/5700")));
    CHECK(m2m_path_starts_with(path, m2m_path_object(3303)));
    CHECK(m2m_path_starts_with(path, m2m_path_from("/")));
    CHECK(!m2m_path_starts_with(m2m_path_object(3303), path));
    CHECK(!m2m_path_equal(m2m_path_object(3), m2m_path_instance(3, 0)));

    OK(m2m_path_format(path, text, sizeof text, &len));
    CHECK(len == 12 && strcmp(text, "/3303/0/5700") == 0);
    OK(m2m_path_format(m2m_path_resource_instance(65534, 65534, 65534, 65534), text, sizeof text,
                       &len));
    CHECK(len == M2M_PATH_SIZE - 1 && strlen(text) == len);
    OK(m2m_path_format(path, NULL, 0, &len));
    CHECK(len == 12);
    len = 99;
    IS(M2M_BUFFER_TOO_SMALL, m2m_path_format(path, text, 12, &len));
    OK(m2m_path_format(path, text, 13, &len));
    IS(M2M_NULL, m2m_path_format(path, NULL, 1, &len));
    IS(M2M_NULL, m2m_path_format(path, text, sizeof text, NULL));

    const char *wrong[] = {"", "3", "/3/", "//", "/a", "/65535", "/1/2/3/4/5", "/03", "/\xFF"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        m2m_path before = path;
        int32_t result = m2m_path_parse(wrong[i], &path);
        CHECK(result == M2M_INVALID || result == M2M_NOT_UTF8);
        CHECK(memcmp(&before, &path, sizeof path) == 0);
        m2m_path none = m2m_path_from(wrong[i]);
        CHECK(!m2m_path_equal(none, none));
        IS(M2M_INVALID, m2m_path_format(none, text, sizeof text, &len));
    }
    CHECK(len == 12);
    IS(M2M_NULL, m2m_path_parse(NULL, &path));
    IS(M2M_NULL, m2m_path_parse("/3", NULL));
    IS(M2M_INVALID, m2m_path_format(m2m_path_from(NULL), text, sizeof text, &len));
    m2m_path deep = {5, {0, 0, 0, 0}};
    IS(M2M_INVALID, m2m_path_format(deep, text, sizeof text, &len));
    IS(M2M_INVALID, m2m_path_format(m2m_path_object(65535), text, sizeof text, &len));
}

/* What m2m_lwm2m_client_new returns for a configuration that one statement has changed. */
#define NEW_WITH(expected, change)                                             \
    do {                                                                       \
        m2m_lwm2m_client *c = (m2m_lwm2m_client *)&config;                     \
        config = config_of_tests();                                            \
        change;                                                                \
        IS(expected, m2m_lwm2m_client_new(&config, SEED, &c));                 \
        CHECK(c == (m2m_lwm2m_client *)&config);                               \
    } while (0)

static void configurations(void) {
    m2m_lwm2m_client_config config;
    m2m_lwm2m_client *client = NULL;
    struct {
        m2m_lwm2m_client_config config;
        uint64_t later;
    } newer;

    IS(M2M_NULL, m2m_lwm2m_client_config_init(NULL, sizeof config));
    IS(M2M_INVALID, m2m_lwm2m_client_config_init(&config, sizeof config - 1));
    IS(M2M_INVALID, m2m_lwm2m_client_config_init(&config, 0));
    IS(M2M_INVALID, m2m_lwm2m_client_config_init(&config, SIZE_MAX));

    /* The structure of a later version: fine while the library's part of it is all that is used. */
    memset(&newer, 0xFF, sizeof newer);
    OK(m2m_lwm2m_client_config_init(&newer.config, sizeof newer));
    CHECK(newer.later == 0 && newer.config.struct_size == sizeof newer);
    OK(m2m_lwm2m_client_new(&newer.config, SEED, &client));
    OK(m2m_lwm2m_client_free(client));
    newer.later = 1;
    IS(M2M_INVALID, m2m_lwm2m_client_new(&newer.config, SEED, &client));

    config = config_of_tests();
    IS(M2M_NULL, m2m_lwm2m_client_new(NULL, SEED, &client));
    IS(M2M_NULL, m2m_lwm2m_client_new(&config, NULL, &client));
    IS(M2M_NULL, m2m_lwm2m_client_new(&config, SEED, NULL));

    NEW_WITH(M2M_INVALID, config.struct_size = 0);
    NEW_WITH(M2M_INVALID, config.struct_size = SIZE_MAX);
    NEW_WITH(M2M_INVALID, config.servers = 0);
    NEW_WITH(M2M_INVALID, config.servers = 16);
    NEW_WITH(M2M_INVALID, config.servers = 256 + 1);
    NEW_WITH(M2M_INVALID, config.values = 65536 + 400);
    NEW_WITH(M2M_INVALID, config.values = 1);
    NEW_WITH(M2M_INVALID, config.message_size = 63);
    NEW_WITH(M2M_INVALID, config.message_size = 65536);
    NEW_WITH(M2M_INVALID, config.scratch_size = 1);
    NEW_WITH(M2M_INVALID, config.parameters.ack_timeout_ms = 999);
    NEW_WITH(M2M_INVALID, config.parameters.ack_random_percent = 99);
    NEW_WITH(M2M_INVALID, config.parameters.max_retransmit = 21);
    NEW_WITH(M2M_INVALID, config.parameters.nstart = 0);
    NEW_WITH(M2M_INVALID, config.parameters.token_length = 9);
    NEW_WITH(M2M_INVALID, config.parameters.block_szx = 7);
    NEW_WITH(M2M_NOT_UTF8, config.endpoint_name = "\xC3(");
    NEW_WITH(M2M_NULL, config.standard_objects = NULL);
    NEW_WITH(M2M_NULL, config.objects = NULL);
    NEW_WITH(M2M_INVALID, config.objects_len = SIZE_MAX);
    char name[252];
    memset(name, 'n', sizeof name);
    name[251] = 0;
    NEW_WITH(M2M_INVALID, config.endpoint_name = name);

    const m2m_standard_object *const missing[] = {&m2m_object_3303, NULL};
    const m2m_standard_object *const twice[] = {&m2m_object_3303, &m2m_object_3303};
    NEW_WITH(M2M_NULL, (config.standard_objects = missing, config.standard_objects_len = 2));
    NEW_WITH(M2M_INVALID, (config.standard_objects = twice, config.standard_objects_len = 2));

    m2m_lwm2m_client_config small;
    OK(m2m_lwm2m_client_config_init_small(&small, sizeof small));
    CHECK(small.message_size == 256 && small.servers == 1);
    size_t few = 0, many = 0;
    OK(m2m_lwm2m_client_new(&small, SEED, &client));
    OK(m2m_lwm2m_client_reserved_bytes(client, &few));
    OK(m2m_lwm2m_client_free(client));
    client = client_of_tests();
    OK(m2m_lwm2m_client_reserved_bytes(client, &many));
    OK(m2m_lwm2m_client_free(client));
    CHECK(0 < few && few < many);
}

static void object_with(int32_t expected, m2m_object object) {
    m2m_lwm2m_client_config config = config_of_tests();
    m2m_lwm2m_client *client = NULL;
    config.objects = &object;
    config.objects_len = 1;
    IS(expected, m2m_lwm2m_client_new(&config, SEED, &client));
    if (expected == M2M_OK) OK(m2m_lwm2m_client_free(client));
}

/* Each row is wrong in one place. */
static void definitions(void) {
    static const m2m_resource wrong[] = {
        {65535, M2M_R, M2M_SINGLE, M2M_OPTIONAL, M2M_FLOAT},
        {1, 5, M2M_SINGLE, M2M_OPTIONAL, M2M_FLOAT},
        {1, M2M_R, 2, M2M_OPTIONAL, M2M_FLOAT},
        {1, M2M_R, M2M_SINGLE, 255, M2M_FLOAT},
        {1, M2M_R, M2M_SINGLE, M2M_OPTIONAL, 10},
        {1, M2M_R, M2M_SINGLE, M2M_OPTIONAL, M2M_NO_TYPE},
        {1, M2M_E, M2M_SINGLE, M2M_OPTIONAL, M2M_FLOAT},
    };
    static const m2m_range ranges[] = {
        {77, M2M_RANGE_NUMBER, 0, 1},     {2, 0, 0, 1},
        {2, 3, 0, 1},                     {2, M2M_RANGE_NUMBER, 1, 0},
        {2, M2M_RANGE_NUMBER, 0, 65536},  {1, M2M_RANGE_LENGTH, -1, 0},
    };
    m2m_object object = OBJECTS[0];
    object_with(M2M_OK, object);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        object.resources = &wrong[i];
        object.resources_len = 1;
        object.ranges_len = 0;
        object_with(M2M_INVALID, object);
    }
    object = OBJECTS[0];
    for (size_t i = 0; i < COUNT(ranges); i++) {
        object.ranges = &ranges[i];
        object.ranges_len = 1;
        object_with(M2M_INVALID, object);
    }
    object = OBJECTS[0];
    object.id = 65535;
    object_with(M2M_INVALID, object);
    object = OBJECTS[0];
    object.id = 3303; /* it is among the standard ones */
    object_with(M2M_INVALID, object);
    object = OBJECTS[0];
    object.instances = 2;
    object_with(M2M_INVALID, object);
    object = OBJECTS[0];
    object.presence = 2;
    object_with(M2M_INVALID, object);
    object = OBJECTS[0];
    object.resources = NULL;
    object_with(M2M_NULL, object);
    object.resources_len = 0;
    object_with(M2M_INVALID, object); /* ranges of resources that are not there */
    object.ranges = NULL;
    object_with(M2M_NULL, object);
    object.ranges_len = 0;
    object_with(M2M_OK, object);
    static const m2m_resource twice[] = {
        {1, M2M_R, M2M_SINGLE, M2M_OPTIONAL, M2M_FLOAT},
        {1, M2M_R, M2M_SINGLE, M2M_OPTIONAL, M2M_FLOAT},
    };
    object.resources = twice;
    object.resources_len = 2;
    object_with(M2M_INVALID, object);
}

/* The definitions are copied: what they were made from may go. */
static void inputs_are_copied(void) {
    m2m_resource *rows = malloc(sizeof ROWS);
    m2m_object *object = malloc(sizeof *object);
    const m2m_standard_object **standard = malloc(sizeof STANDARD);
    char *name = malloc(5);
    m2m_lwm2m_client_config *config = malloc(sizeof *config);
    m2m_lwm2m_client *client = NULL;
    CHECK(rows && object && standard && name && config);
    *config = config_of_tests();
    *object = OBJECTS[0];
    memcpy(rows, ROWS, sizeof ROWS);
    memcpy(standard, STANDARD, sizeof STANDARD);
    memcpy(name, "name", 5);
    object->resources = rows;
    config->objects = object;
    config->standard_objects = standard;
    config->endpoint_name = name;
    OK(m2m_lwm2m_client_new(config, SEED, &client));
    memset(rows, 0xAA, sizeof ROWS);
    memset(object, 0xAA, sizeof *object);
    memset(config, 0xAA, sizeof *config);
    free(rows);
    free(object);
    free(standard);
    free(name);
    free(config);
    char text[] = "moved";
    OK(m2m_lwm2m_client_add_instance(client, 0, m2m_path_instance(OWN, 0)));
    OK(m2m_lwm2m_client_add_instance(client, 0, m2m_path_instance(3303, 0)));
    OK(m2m_lwm2m_client_set_string(client, 0, own(1), text, 5));
    memset(text, 'x', 5);
    char got[6];
    size_t len = 0;
    OK(m2m_lwm2m_client_get_string(client, own(1), got, sizeof got, &len));
    CHECK(len == 5 && strcmp(got, "moved") == 0);
    OK(m2m_lwm2m_client_free(client));
}

static void values(void) {
    m2m_lwm2m_client *c = client_of_tests();
    int64_t i = 7, t = 7;
    uint64_t u = 7;
    double f = 7;
    bool b = false;
    uint16_t o = 7, oi = 7;
    char s[8];
    uint8_t bytes[4];
    size_t len = 77;
    int32_t type = 0;

    /* Nothing there yet, and out-parameters stay as they are. */
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_get_integer(c, own(2), &i));
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_get_type(c, own(2), &type));
    IS(M2M_NOTHING, m2m_lwm2m_client_contains(c, own(2)));
    CHECK(i == 7 && type == 0);

    OK(m2m_lwm2m_client_set_integer(c, 0, own(2), -10));
    OK(m2m_lwm2m_client_set_unsigned(c, 0, own(3), UINT64_MAX));
    OK(m2m_lwm2m_client_set_float(c, 0, own(4), 21.5));
    OK(m2m_lwm2m_client_set_boolean(c, 0, own(5), 2));
    OK(m2m_lwm2m_client_set_time(c, 0, own(7), INT64_MIN));
    OK(m2m_lwm2m_client_set_objlnk(c, 0, own(8), 65535, 65535));
    OK(m2m_lwm2m_client_set_string(c, 0, own(1), "gr\xC3\xBC\xC3\x9F", 6));
    OK(m2m_lwm2m_client_set_opaque(c, 0, own(6), (const uint8_t *)"\0\1\2", 3));
    OK(m2m_lwm2m_client_set_corelnk(c, 0, own(9), "</3>", 4));

    OK(m2m_lwm2m_client_get_integer(c, own(2), &i));
    OK(m2m_lwm2m_client_get_unsigned(c, own(3), &u));
    OK(m2m_lwm2m_client_get_float(c, own(4), &f));
    OK(m2m_lwm2m_client_get_boolean(c, own(5), &b));
    OK(m2m_lwm2m_client_get_time(c, own(7), &t));
    OK(m2m_lwm2m_client_get_objlnk(c, own(8), &o, &oi));
    CHECK(i == -10 && u == UINT64_MAX && f > 21.4 && f < 21.6 && b && t == INT64_MIN);
    CHECK(o == 65535 && oi == 65535);
    OK(m2m_lwm2m_client_get_string(c, own(1), s, 7, &len));
    CHECK(len == 6 && memcmp(s, "gr\xC3\xBC\xC3\x9F", 7) == 0);
    OK(m2m_lwm2m_client_get_opaque(c, own(6), bytes, 3, &len));
    CHECK(len == 3 && memcmp(bytes, "\0\1\2", 3) == 0);
    OK(m2m_lwm2m_client_get_corelnk(c, own(9), s, sizeof s, &len));
    CHECK(len == 4 && strcmp(s, "</3>") == 0);
    for (uint16_t id = 1; id <= 9; id++) {
        OK(m2m_lwm2m_client_contains(c, own(id)));
        OK(m2m_lwm2m_client_get_type(c, own(id), &type));
        CHECK(type == id); /* the rows are numbered like the types */
    }

    /* Lengths alone, and buffers that are too small by one. */
    OK(m2m_lwm2m_client_get_string(c, own(1), NULL, 0, &len));
    CHECK(len == 6);
    OK(m2m_lwm2m_client_get_opaque(c, own(6), NULL, 0, &len));
    CHECK(len == 3);
    OK(m2m_lwm2m_client_get_corelnk(c, own(9), NULL, 0, &len));
    CHECK(len == 4);
    len = 77;
    memset(s, 'x', sizeof s);
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_client_get_string(c, own(1), s, 6, &len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_client_get_string(c, own(1), s, 0, &len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_client_get_opaque(c, own(6), bytes, 2, &len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_client_get_corelnk(c, own(9), s, 4, &len));
    CHECK(len == 77 && s[0] == 'x');

    /* Empty is a value. */
    OK(m2m_lwm2m_client_set_string(c, 0, own(1), NULL, 0));
    OK(m2m_lwm2m_client_get_string(c, own(1), s, 1, &len));
    CHECK(len == 0 && s[0] == 0);
    OK(m2m_lwm2m_client_set_opaque(c, 0, own(6), NULL, 0));
    OK(m2m_lwm2m_client_get_opaque(c, own(6), bytes, 0, &len));
    CHECK(len == 0);

    /* Wrong type, range, text, pointer, place. */
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_set_float(c, 0, own(1), 1));
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_set_string(c, 0, own(2), "1", 1));
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_get_integer(c, own(4), &i));
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_get_unsigned(c, own(2), &u));
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_get_float(c, own(2), &f));
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_get_boolean(c, own(2), &b));
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_get_time(c, own(2), &t));
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_get_objlnk(c, own(2), &o, &oi));
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_get_string(c, own(2), s, sizeof s, &len));
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_get_opaque(c, own(2), bytes, sizeof bytes, &len));
    IS(M2M_WRONG_TYPE, m2m_lwm2m_client_get_corelnk(c, own(1), s, sizeof s, &len));
    IS(M2M_OUT_OF_RANGE, m2m_lwm2m_client_set_integer(c, 0, own(2), 101));
    IS(M2M_OUT_OF_RANGE, m2m_lwm2m_client_set_integer(c, 0, own(2), -11));
    IS(M2M_OUT_OF_RANGE, m2m_lwm2m_client_set_string(c, 0, own(1), "123456", 6));
    IS(M2M_NOT_UTF8, m2m_lwm2m_client_set_string(c, 0, own(1), "\xFF", 1));
    IS(M2M_NULL, m2m_lwm2m_client_set_string(c, 0, own(1), NULL, 1));
    IS(M2M_NULL, m2m_lwm2m_client_set_opaque(c, 0, own(6), NULL, 1));
    IS(M2M_INVALID, m2m_lwm2m_client_set_opaque(c, 0, own(6), bytes, SIZE_MAX));
    IS(M2M_UNKNOWN_OBJECT, m2m_lwm2m_client_set_integer(c, 0, m2m_path_from("/77/0/1"), 1));
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_set_integer(c, 0, own(66), 1));
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_set_integer(c, 0, m2m_path_from("/26241/1/2"), 1));
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_set_integer(c, 0, m2m_path_from("/26241/0"), 1));
    IS(M2M_INVALID, m2m_lwm2m_client_set_integer(c, 0, m2m_path_from("nonsense"), 1));
    IS(M2M_NULL, m2m_lwm2m_client_get_integer(c, own(2), NULL));
    IS(M2M_NULL, m2m_lwm2m_client_get_unsigned(c, own(3), NULL));
    IS(M2M_NULL, m2m_lwm2m_client_get_float(c, own(4), NULL));
    IS(M2M_NULL, m2m_lwm2m_client_get_boolean(c, own(5), NULL));
    IS(M2M_NULL, m2m_lwm2m_client_get_time(c, own(7), NULL));
    IS(M2M_NULL, m2m_lwm2m_client_get_objlnk(c, own(8), &o, NULL));
    IS(M2M_NULL, m2m_lwm2m_client_get_objlnk(c, own(8), NULL, &oi));
    IS(M2M_NULL, m2m_lwm2m_client_get_string(c, own(1), s, sizeof s, NULL));
    IS(M2M_NULL, m2m_lwm2m_client_get_string(c, own(1), NULL, 1, &len));
    IS(M2M_NULL, m2m_lwm2m_client_get_type(c, own(1), NULL));
    CHECK(i == -10 && u == UINT64_MAX && b && t == INT64_MIN);

    /* A table that is full says so, and goes on. */
    for (uint16_t ri = 0;; ri++) {
        m2m_path path = m2m_path_resource_instance(OWN, 0, 10, ri);
        int32_t result = m2m_lwm2m_client_set_integer(c, 0, path, ri);
        if (result == M2M_FULL) {
            CHECK(ri > 100);
            break;
        }
        IS(M2M_OK, result);
    }
    OK(m2m_lwm2m_client_remove(c, 0, own(10)));
    OK(m2m_lwm2m_client_set_integer(c, 0, m2m_path_resource_instance(OWN, 0, 10, 9), 9));
    OK(m2m_lwm2m_client_free(c));
}

static void tree(void) {
    m2m_lwm2m_client *c = client_of_tests();
    m2m_path path, below = m2m_path_object(OWN);
    const char *expected[] = {"/26241/0", "/26241/0/0", "/26241/0/2", "/26241/0/10",
                              "/26241/0/10/4", "/26241/7"};
    OK(m2m_lwm2m_client_add_instance(c, 0, m2m_path_instance(OWN, 7)));
    OK(m2m_lwm2m_client_set_integer(c, 0, m2m_path_resource_instance(OWN, 0, 10, 4), 1));
    OK(m2m_lwm2m_client_set_integer(c, 0, own(2), 1));
    OK(m2m_lwm2m_client_add_resource(c, 0, own(0)));
    path = below;
    for (size_t i = 0; i < COUNT(expected); i++) {
        OK(m2m_lwm2m_client_next_path(c, below, path, &path));
        CHECK(m2m_path_equal(path, m2m_path_from(expected[i])));
    }
    IS(M2M_NOTHING, m2m_lwm2m_client_next_path(c, below, path, &path));

    IS(M2M_EXISTS, m2m_lwm2m_client_add_instance(c, 0, m2m_path_instance(OWN, 7)));
    IS(M2M_EXISTS, m2m_lwm2m_client_add_resource(c, 0, own(0)));
    IS(M2M_NOT_ALLOWED, m2m_lwm2m_client_add_resource(c, 0, own(2)));
    IS(M2M_NOT_ALLOWED, m2m_lwm2m_client_add_instance(c, 0, m2m_path_instance(3, 1)));
    IS(M2M_UNKNOWN_OBJECT, m2m_lwm2m_client_add_instance(c, 0, m2m_path_instance(77, 0)));
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_add_instance(c, 0, m2m_path_object(OWN)));
    IS(M2M_INVALID, m2m_lwm2m_client_add_instance(c, 0, m2m_path_instance(OWN, 65535)));
    OK(m2m_lwm2m_client_remove(c, 0, m2m_path_instance(OWN, 7)));
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_remove(c, 0, m2m_path_instance(OWN, 7)));
    IS(M2M_INVALID, m2m_lwm2m_client_remove(c, 0, m2m_path_from("")));
    IS(M2M_INVALID, m2m_lwm2m_client_contains(c, m2m_path_from("")));
    IS(M2M_INVALID, m2m_lwm2m_client_next_path(c, m2m_path_from(""), path, &path));
    IS(M2M_INVALID, m2m_lwm2m_client_next_path(c, path, m2m_path_from(""), &path));
    IS(M2M_NULL, m2m_lwm2m_client_next_path(c, path, path, NULL));
    OK(m2m_lwm2m_client_free(c));
}

#define ADD_WITH(expected, change)                                             \
    do {                                                                       \
        OK(m2m_lwm2m_server_account_init(&account, sizeof account));           \
        account.ssid = 9;                                                      \
        account.peer = 9;                                                      \
        change;                                                                \
        IS(expected, m2m_lwm2m_client_add_server(c, 0, &account));             \
    } while (0)

static void accounts(void) {
    m2m_lwm2m_client *c = client_of_tests();
    m2m_lwm2m_server_account account;
    m2m_lwm2m_registration registration = {-1, 5};
    int64_t lifetime = 0;

    IS(M2M_NULL, m2m_lwm2m_server_account_init(NULL, sizeof account));
    IS(M2M_INVALID, m2m_lwm2m_server_account_init(&account, sizeof account - 1));
    IS(M2M_NULL, m2m_lwm2m_client_add_server(c, 0, NULL));
    ADD_WITH(M2M_INVALID, account.struct_size = 8);
    ADD_WITH(M2M_INVALID, account.ssid = 0);
    ADD_WITH(M2M_INVALID, account.ssid = 65535);
    ADD_WITH(M2M_INVALID, account.ssid = 65537);
    ADD_WITH(M2M_INVALID, account.version = 0);
    ADD_WITH(M2M_INVALID, account.version = 13);
    ADD_WITH(M2M_INVALID, account.oldest = 13);
    ADD_WITH(M2M_NOT_UTF8, account.uri = "\xFF");
    ADD_WITH(M2M_NOT_UTF8, account.binding = "\xFF");
    IS(M2M_UNKNOWN_SERVER, m2m_lwm2m_client_registration(c, 9, &registration));
    CHECK(registration.state == -1);
    ADD_WITH(M2M_OK, account.lifetime_s = 300);
    ADD_WITH(M2M_EXISTS, account.ssid = 9);
    OK(m2m_lwm2m_client_get_integer(c, m2m_path_from("/1/0/1"), &lifetime));
    CHECK(lifetime == 300);
    OK(m2m_lwm2m_client_registration(c, 9, &registration));
    CHECK(registration.state == M2M_LWM2M_STATE_OFF && registration.at_ms == M2M_NEVER);
    ADD_WITH(M2M_OK, (account.ssid = 10, account.peer = 10, account.version = M2M_LWM2M_1_2));
    ADD_WITH(M2M_FULL, (account.ssid = 11, account.peer = 11));

    IS(M2M_UNKNOWN_SERVER, m2m_lwm2m_client_register(c, 0, 11));
    IS(M2M_UNKNOWN_SERVER, m2m_lwm2m_client_update(c, 0, 11));
    IS(M2M_UNKNOWN_SERVER, m2m_lwm2m_client_deregister(c, 0, 11));
    IS(M2M_UNKNOWN_SERVER, m2m_lwm2m_client_set_peer(c, 0, 11, 1));
    IS(M2M_UNKNOWN_SERVER, m2m_lwm2m_client_connection_failed(c, 0, 11));
    IS(M2M_NOT_ALLOWED, m2m_lwm2m_client_bootstrap(c, 0));
    OK(m2m_lwm2m_client_add_bootstrap_server(c, 0, "coap://bootstrap.example.com", 0, 0));
    IS(M2M_EXISTS, m2m_lwm2m_client_add_bootstrap_server(c, 0, NULL, 0, 0));
    OK(m2m_lwm2m_client_bootstrap(c, 0));
    IS(M2M_NOT_ALLOWED, m2m_lwm2m_client_bootstrap(c, 0));
    OK(m2m_lwm2m_client_connection_failed(c, 0, 0));
    {
        uint32_t awake = 7;
        OK(m2m_lwm2m_client_is_awake(c, &awake));
        CHECK(awake == 1);
    }
    {
        m2m_path paths[M2M_LWM2M_SEND_PATHS + 1];
        uint64_t id = 0;
        for (size_t n = 0; n <= M2M_LWM2M_SEND_PATHS; n++) paths[n] = m2m_path_from("/3/0");
        /* Nobody wants it yet. */
        IS(M2M_NOT_ALLOWED, m2m_lwm2m_client_record(c, 0, 9, paths, 1));
        IS(M2M_NOT_ALLOWED,
           m2m_lwm2m_client_send(c, 0, 9, M2M_LWM2M_SENML_CBOR, paths, 1, &id));
        OK(m2m_lwm2m_client_set_boolean(c, 0, m2m_path_from("/1/0/23"), 0));
        IS(M2M_UNKNOWN_SERVER,
           m2m_lwm2m_client_send(c, 0, 11, M2M_LWM2M_SENML_CBOR, paths, 1, &id));
        IS(M2M_INVALID, m2m_lwm2m_client_send(c, 0, 9, 40, paths, 1, &id));
        IS(M2M_INVALID, m2m_lwm2m_client_send(c, 0, 9, -1, paths, 1, &id));
        IS(M2M_INVALID, m2m_lwm2m_client_send(c, 0, 9, M2M_LWM2M_SENML_CBOR, NULL, 0, &id));
        IS(M2M_INVALID, m2m_lwm2m_client_send(c, 0, 9, M2M_LWM2M_SENML_CBOR, paths,
                                              M2M_LWM2M_SEND_PATHS + 1, &id));
        IS(M2M_NULL, m2m_lwm2m_client_send(c, 0, 9, M2M_LWM2M_SENML_CBOR, NULL, 1, &id));
        IS(M2M_NULL, m2m_lwm2m_client_send(c, 0, 9, M2M_LWM2M_SENML_CBOR, paths, 1, NULL));
        CHECK(id == 0);
        OK(m2m_lwm2m_client_record(c, 0, 9, paths, 1));
        OK(m2m_lwm2m_client_send(c, 0, 9, M2M_LWM2M_SENML_CBOR, paths, M2M_LWM2M_SEND_PATHS, &id));
        CHECK(id != 0);
        OK(m2m_lwm2m_client_set_online(c, 0, 9, 0));
        OK(m2m_lwm2m_client_set_online(c, 0, 9, 1));
        IS(M2M_UNKNOWN_SERVER, m2m_lwm2m_client_set_online(c, 0, 11, 1));
    }
    IS(M2M_NOT_ALLOWED, m2m_lwm2m_client_update(c, 0, 9));
    IS(M2M_EXISTS, m2m_lwm2m_client_set_peer(c, 0, 9, 10));
    OK(m2m_lwm2m_client_set_peer(c, 0, 9, 99));
    IS(M2M_NULL, m2m_lwm2m_client_registration(c, 9, NULL));
    OK(m2m_lwm2m_client_free(c));
}

/* Every function that takes a handle takes NULL as an error. */
static void no_handle(void) {
    m2m_path path = own(1);
    m2m_lwm2m_server_account account;
    m2m_lwm2m_client_handlers handlers;
    m2m_lwm2m_registration registration;
    m2m_lwm2m_event event;
    m2m_counters counters;
    m2m_transmit transmit;
    uint8_t bytes[1] = {0};
    char s[1] = "";
    int64_t i;
    uint64_t u;
    double f;
    bool b;
    uint16_t o;
    int32_t type;
    size_t len;
    memset(&handlers, 0, sizeof handlers);
    handlers.struct_size = sizeof handlers;
    OK(m2m_lwm2m_server_account_init(&account, sizeof account));

    OK(m2m_lwm2m_client_free(NULL));
    CHECK(m2m_lwm2m_client_tag(NULL) == 0);
    CHECK(m2m_lwm2m_client_poll_timeout(NULL) == M2M_NEVER);
    IS(M2M_NULL, m2m_lwm2m_client_add_server(NULL, 0, &account));
    IS(M2M_NULL, m2m_lwm2m_client_set_peer(NULL, 0, 1, 1));
    IS(M2M_NULL, m2m_lwm2m_client_connection_failed(NULL, 0, 1));
    IS(M2M_NULL, m2m_lwm2m_client_bootstrap(NULL, 0));
    IS(M2M_NULL, m2m_lwm2m_client_set_online(NULL, 0, 1, 1));
    IS(M2M_NULL, m2m_lwm2m_client_record(NULL, 0, 1, &path, 1));
    IS(M2M_NULL, m2m_lwm2m_client_send(NULL, 0, 1, M2M_LWM2M_SENML_CBOR, &path, 1, &u));
    IS(M2M_NULL, m2m_lwm2m_client_is_awake(NULL, NULL));
    IS(M2M_NULL, m2m_lwm2m_client_add_bootstrap_server(NULL, 0, NULL, 0, 0));
    IS(M2M_NULL, m2m_lwm2m_client_start(NULL, 0));
    IS(M2M_NULL, m2m_lwm2m_client_register(NULL, 0, 1));
    IS(M2M_NULL, m2m_lwm2m_client_update(NULL, 0, 1));
    IS(M2M_NULL, m2m_lwm2m_client_deregister(NULL, 0, 1));
    IS(M2M_NULL, m2m_lwm2m_client_registration(NULL, 1, &registration));
    IS(M2M_NULL, m2m_lwm2m_client_handle_datagram(NULL, 0, 1, bytes, 1));
    IS(M2M_NULL, m2m_lwm2m_client_handle_timeout(NULL, 0));
    IS(M2M_NULL, m2m_lwm2m_client_poll_transmit(NULL, 0, bytes, 1, &transmit));
    IS(M2M_NULL, m2m_lwm2m_client_poll_event(NULL, &event));
    IS(M2M_NULL, m2m_lwm2m_client_counters(NULL, &counters));
    IS(M2M_NULL, m2m_lwm2m_client_wall_clock(NULL, 0, &i));
    IS(M2M_NULL, m2m_lwm2m_client_handle_sms(NULL, 0, bytes, 1));
    IS(M2M_NULL, m2m_lwm2m_client_reserved_bytes(NULL, &len));
    IS(M2M_NULL, m2m_lwm2m_client_add_instance(NULL, 0, path));
    IS(M2M_NULL, m2m_lwm2m_client_add_resource(NULL, 0, path));
    IS(M2M_NULL, m2m_lwm2m_client_remove(NULL, 0, path));
    IS(M2M_NULL, m2m_lwm2m_client_contains(NULL, path));
    IS(M2M_NULL, m2m_lwm2m_client_next_path(NULL, path, path, &path));
    IS(M2M_NULL, m2m_lwm2m_client_get_type(NULL, path, &type));
    IS(M2M_NULL, m2m_lwm2m_client_set_integer(NULL, 0, path, 1));
    IS(M2M_NULL, m2m_lwm2m_client_set_unsigned(NULL, 0, path, 1));
    IS(M2M_NULL, m2m_lwm2m_client_set_float(NULL, 0, path, 1));
    IS(M2M_NULL, m2m_lwm2m_client_set_boolean(NULL, 0, path, 1));
    IS(M2M_NULL, m2m_lwm2m_client_set_time(NULL, 0, path, 1));
    IS(M2M_NULL, m2m_lwm2m_client_set_objlnk(NULL, 0, path, 1, 1));
    IS(M2M_NULL, m2m_lwm2m_client_set_string(NULL, 0, path, s, 0));
    IS(M2M_NULL, m2m_lwm2m_client_set_opaque(NULL, 0, path, bytes, 0));
    IS(M2M_NULL, m2m_lwm2m_client_set_corelnk(NULL, 0, path, s, 0));
    IS(M2M_NULL, m2m_lwm2m_client_get_integer(NULL, path, &i));
    IS(M2M_NULL, m2m_lwm2m_client_get_unsigned(NULL, path, &u));
    IS(M2M_NULL, m2m_lwm2m_client_get_float(NULL, path, &f));
    IS(M2M_NULL, m2m_lwm2m_client_get_boolean(NULL, path, &b));
    IS(M2M_NULL, m2m_lwm2m_client_get_time(NULL, path, &i));
    IS(M2M_NULL, m2m_lwm2m_client_get_objlnk(NULL, path, &o, &o));
    IS(M2M_NULL, m2m_lwm2m_client_get_string(NULL, path, s, 1, &len));
    IS(M2M_NULL, m2m_lwm2m_client_get_opaque(NULL, path, bytes, 1, &len));
    IS(M2M_NULL, m2m_lwm2m_client_get_corelnk(NULL, path, s, 1, &len));
    IS(M2M_NULL, m2m_lwm2m_client_arguments(NULL, 1, s, 1, &len));
    IS(M2M_NULL, m2m_lwm2m_client_answer_execute(NULL, 0, 1, M2M_COAP_CHANGED));
    IS(M2M_NULL, m2m_lwm2m_client_dispatch(NULL, 0, &handlers, NULL));
}

/* Pointers that are not aligned are no error either. */
static void unaligned(void) {
    static unsigned char room[sizeof(m2m_lwm2m_client_config) + 64];
    m2m_lwm2m_client *c = client_of_tests();
    m2m_lwm2m_client_config config = config_of_tests();
    m2m_lwm2m_client *made = NULL;
    int64_t value = 0;
    void *odd = room + 1;
    memcpy(odd, &config, sizeof config);
    OK(m2m_lwm2m_client_new(odd, SEED, &made));
    OK(m2m_lwm2m_client_free(made));
    OK(m2m_lwm2m_client_set_integer(c, 0, own(2), 42));
    OK(m2m_lwm2m_client_get_integer(c, own(2), odd));
    memcpy(&value, odd, sizeof value);
    CHECK(value == 42);
    OK(m2m_lwm2m_client_counters(c, odd));
    IS(M2M_NOTHING, m2m_lwm2m_client_poll_event(c, odd));
    OK(m2m_lwm2m_client_free(c));
}

int main(void) {
    results_and_versions();
    paths();
    configurations();
    definitions();
    inputs_are_copied();
    values();
    tree();
    accounts();
    no_handle();
    unaligned();
    m2m_lwm2m_client *c = client_of_tests();
    CHECK(m2m_lwm2m_client_tag(c) == 0xFEDCBA9876543210u);
    OK(m2m_lwm2m_client_free(c));
    puts("all of api.c passed");
    return 0;
}
