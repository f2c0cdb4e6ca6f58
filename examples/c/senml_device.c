/* A sensor that sends its measurements as SenML, and the gateway that reads them. Nothing is
 * allocated and nothing needs an operating system: the same code runs on a microcontroller.
 *
 *     ./senml_device          writes CBOR, and shows what a gateway makes of it
 *     ./senml_device json     the same in JSON
 */
#include <m2m.h>

#include <stdio.h>
#include <string.h>

/* Ten minutes of temperatures, in tenths of a degree: exact, without floating point. */
static const int16_t TENTHS[] = {201, 202, 202, 203, 205, 204, 204, 203, 202, 201};
#define COUNT (sizeof TENTHS / sizeof TENTHS[0])

static size_t measure(int32_t format, uint8_t *buf, size_t cap) {
    m2m_senml_writer writer;
    size_t len = 0;
    unsigned i;
    if (m2m_senml_writer_init(&writer, format, COUNT, buf, cap) != M2M_OK) return 0;
    for (i = 0; i < COUNT; i++) {
        m2m_senml_record record;
        memset(&record, 0, sizeof record);
        record.struct_size = sizeof record;
        if (i == 0) {
            record.base_name = "urn:dev:mac:0024befffe804ff1:temperature";
            record.base_unit = "Cel";
            record.base_time = m2m_number_integer(1700000000);
        }
        record.time = m2m_number_integer(60 * (int64_t)i);
        record.kind = M2M_SENML_NUMBER;
        record.number = m2m_number_decimal(TENTHS[i], -1);
        if (m2m_senml_writer_record(&writer, &record) != M2M_OK) return 0;
    }
    return m2m_senml_writer_finish(&writer, &len) == M2M_OK ? len : 0;
}

static int show(int32_t format, const uint8_t *pack, size_t len) {
    m2m_senml_reader reader;
    m2m_senml_item item;
    int32_t result = m2m_senml_reader_init(&reader, format, M2M_SENML_RFC8428, pack, len);
    if (result != M2M_OK) return 1;
    while ((result = m2m_senml_reader_next(&reader, &item)) == M2M_OK) {
        char name[64], unit[8];
        size_t n;
        if (m2m_senml_reader_text(&reader, M2M_SENML_NAME, name, sizeof name, &n) != M2M_OK) return 1;
        if (m2m_senml_reader_text(&reader, M2M_SENML_UNIT, unit, sizeof unit, &n) != M2M_OK) return 1;
        printf("%s at %ld: %.1f %s\n", name, (long)item.time.integer, item.number.real, unit);
    }
    if (result == M2M_MALFORMED) {
        int32_t error = 0;
        size_t offset = 0;
        m2m_senml_reader_error(&reader, &error, &offset);
        fprintf(stderr, "error %ld at byte %lu\n", (long)error, (unsigned long)offset);
    }
    return result != M2M_NOTHING;
}

int main(int argc, char **argv) {
    static uint8_t pack[1024];
    int32_t format = argc > 1 && strcmp(argv[1], "json") == 0 ? M2M_SENML_JSON : M2M_SENML_CBOR;
    size_t len = measure(format, pack, sizeof pack);
    printf("%lu bytes\n", (unsigned long)len);
    if (format == M2M_SENML_JSON) printf("%.*s\n", (int)len, (char *)pack);
    return len == 0 || show(format, pack, len);
}
