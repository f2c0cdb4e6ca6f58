/* Made by m2m objects import. Do not change it: change what it was made of. */

#include <m2m.h>
#include <stddef.h>

/* /33000 24h Plan, version 1.0 */
static const m2m_resource object_33000_resources[] = {
    { 0, M2M_W, M2M_MULTIPLE, M2M_MANDATORY, M2M_UNSIGNED }, /* Changes */
};

/* /33001 Room Thermostat, version 1.2 */
static const m2m_resource room_thermostat_resources[] = {
    { 0, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_INTEGER }, /* Mode */
    { 1, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_STRING }, /* Name of the room & its * / floor */
    { 2, M2M_E, M2M_SINGLE, M2M_OPTIONAL, M2M_NO_TYPE }, /* Calibrate */
    { 3, M2M_NO_OPERATION, M2M_SINGLE, M2M_OPTIONAL, M2M_OPAQUE }, /* Key */
    { 4, M2M_R, M2M_MULTIPLE, M2M_OPTIONAL, M2M_OBJLNK }, /* Valves */
    { 5700, M2M_R, M2M_SINGLE, M2M_MANDATORY, M2M_FLOAT }, /* Sensor Value */
    { 5900, M2M_RW, M2M_SINGLE, M2M_MANDATORY, M2M_FLOAT }, /* Set Point Value */
};
static const m2m_range room_thermostat_ranges[] = {
    { 0, M2M_RANGE_NUMBER, 0, 5 },
    { 1, M2M_RANGE_LENGTH, 0, 32 },
    { 3, M2M_RANGE_LENGTH, 16, 32 },
    { 5900, M2M_RANGE_NUMBER, 5, 30 },
};

/* All of them, sorted by ID. */
extern const m2m_object m2m_objects[];
extern const size_t m2m_objects_len;

const m2m_object m2m_objects[] = {
    { 33000, 1, 0, M2M_SINGLE, M2M_MANDATORY,
      object_33000_resources, sizeof object_33000_resources / sizeof object_33000_resources[0],
      NULL, 0 },
    { 33001, 1, 2, M2M_MULTIPLE, M2M_OPTIONAL,
      room_thermostat_resources, sizeof room_thermostat_resources / sizeof room_thermostat_resources[0],
      room_thermostat_ranges, sizeof room_thermostat_ranges / sizeof room_thermostat_ranges[0] },
};

const size_t m2m_objects_len = sizeof m2m_objects / sizeof m2m_objects[0];
