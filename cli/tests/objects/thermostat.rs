// Made by `m2m objects import`. Do not change it: change what it was made of.

use lwm2m_core::{
    DataType, ObjectDefinition, ObjectVersion, Operations, Range, ResourceDefinition,
};

const fn row(
    id: u16,
    operations: Operations,
    (multiple, mandatory): (bool, bool),
    data_type: DataType,
    range: Option<Range>,
) -> ResourceDefinition {
    let range = match range {
        Some(range) => range,
        None => Range::Any,
    };
    let since = ObjectVersion::DEFAULT;
    ResourceDefinition { id, operations, multiple, mandatory, data_type, range, since }
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
        row(0, Operations::W, (true, true), DataType::Unsigned, None),
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
        row(0, Operations::RW, (false, false), DataType::Integer, Range::number(0, 5)),
        // Name of the room & its * / floor
        row(1, Operations::RW, (false, false), DataType::String, Range::length(0, 32)),
        // Calibrate
        row(2, Operations::E, (false, false), DataType::None, None),
        // Key
        row(3, Operations::NONE, (false, false), DataType::Opaque, Range::length(16, 32)),
        // Valves
        row(4, Operations::R, (true, false), DataType::ObjectLink, None),
        // Sensor Value
        row(5700, Operations::R, (false, true), DataType::Float, None),
        // Set Point Value
        row(5900, Operations::RW, (false, true), DataType::Float, Range::number(5, 30)),
    ],
};
