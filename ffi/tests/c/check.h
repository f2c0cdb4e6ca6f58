/* What the tests in C share: checks, and a client that is ready to be used. */
#ifndef CHECK_H
#define CHECK_H

#include "expect.h"

static const uint8_t SEED[32] = {1, 2, 3};

/* An object with one resource of each type. */
#define OWN 26241
static const m2m_resource ROWS[] = {
    {9, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_CORELNK}, /* in no order */
    {0, M2M_E, M2M_SINGLE, M2M_OPTIONAL, M2M_NO_TYPE},
    {1, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_STRING},
    {2, M2M_RW, M2M_SINGLE, M2M_MANDATORY, M2M_INTEGER},
    {3, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_UNSIGNED},
    {4, M2M_R, M2M_SINGLE, M2M_OPTIONAL, M2M_FLOAT},
    {5, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_BOOLEAN},
    {6, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_OPAQUE},
    {7, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_TIME},
    {8, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_OBJLNK},
    {10, M2M_RW, M2M_MULTIPLE, M2M_OPTIONAL, M2M_INTEGER},
};
static const m2m_range RANGES[] = {
    {2, M2M_RANGE_NUMBER, -10, 100},
    {1, M2M_RANGE_LENGTH, 0, 5},
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
static const m2m_object OBJECTS[] = {
    {OWN, 1, 0, M2M_MULTIPLE, M2M_OPTIONAL, ROWS, COUNT(ROWS), RANGES, COUNT(RANGES)},
};
static const m2m_standard_object *const STANDARD[] = {&m2m_object_3303};

static m2m_lwm2m_client_config config_of_tests(void) {
    m2m_lwm2m_client_config config;
    OK(m2m_lwm2m_client_config_init(&config, sizeof config));
    config.endpoint_name = "test";
    config.standard_objects = STANDARD;
    config.standard_objects_len = COUNT(STANDARD);
    config.objects = OBJECTS;
    config.objects_len = COUNT(OBJECTS);
    config.tag = 0xFEDCBA9876543210u;
    return config;
}

static inline m2m_lwm2m_client *client_of_tests(void) {
    m2m_lwm2m_client *client = NULL;
    m2m_lwm2m_client_config config = config_of_tests();
    OK(m2m_lwm2m_client_new(&config, SEED, &client));
    CHECK(client != NULL);
    OK(m2m_lwm2m_client_add_instance(client, 0, m2m_path_instance(OWN, 0)));
    return client;
}

#endif
