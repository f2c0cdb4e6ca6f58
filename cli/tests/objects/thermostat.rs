// Made by `m2m objects import`. Do not change it: change what it was made of.

use lwm2m_core::{
    DataType, ObjectDefinition, ObjectVersion, Operations, Range, ResourceDefinition as Row,
};

#[allow(dead_code)]
const fn range(low: i32, high: i32) -> Range {
    match Range::new(low, high) {
        Some(range) => range,
        None => Range::Any,
    }
}

/// All of them, sorted by ID.
pub static OBJECTS: &[&ObjectDefinition<'static>] = &[
    &OBJECT_33000,
    &ROOM_THERMOSTAT,
];

/// /33000 24h Plan, version 1.0.
pub static OBJECT_33000: ObjectDefinition<'static> = ObjectDefinition {
    id: 33000,
    version: ObjectVersion::new(1, 0),
    multiple: false,
    mandatory: true,
    resources: &[
        // Changes
        Row::new(0, Operations::W, DataType::Unsigned).multiple().mandatory(),
    ],
};

/// /33001 Room Thermostat, version 1.2.
pub static ROOM_THERMOSTAT: ObjectDefinition<'static> = ObjectDefinition {
    id: 33001,
    version: ObjectVersion::new(1, 2),
    multiple: true,
    mandatory: false,
    resources: &[
        // Mode
        Row::new(0, Operations::RW, DataType::Integer).within(range(0, 5)),
        // Name of the room & its * / floor
        Row::new(1, Operations::RW, DataType::String).within(range(0, 32)),
        // Calibrate
        Row::new(2, Operations::E, DataType::None),
        // Key
        Row::new(3, Operations::NONE, DataType::Opaque).within(range(16, 32)),
        // Valves
        Row::new(4, Operations::R, DataType::ObjectLink).multiple(),
        // Sensor Value
        Row::new(5700, Operations::R, DataType::Float).mandatory(),
        // Set Point Value
        Row::new(5900, Operations::RW, DataType::Float).mandatory().within(range(5, 30)),
    ],
};
