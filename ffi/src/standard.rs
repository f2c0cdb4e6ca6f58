//! The registered objects that the library knows, each a symbol of its own: a device links those
//! that it names.

use core::mem::offset_of;

use lwm2m_core::{ObjectDefinition, object};

/// The definition of a registered object. What is in it is the library's business.
pub struct m2m_standard_object(pub(crate) ObjectDefinition<'static>);

/// The address of a symbol is that of the definition.
const _: () = assert!(offset_of!(m2m_standard_object, 0) == 0);

/// /2 LwM2M Access Control, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_2: m2m_standard_object = m2m_standard_object(object::ACCESS_CONTROL);
/// /4 Connectivity Monitoring, version 1.3.
#[unsafe(no_mangle)]
pub static m2m_object_4: m2m_standard_object = m2m_standard_object(object::CONNECTIVITY_MONITORING);
/// /5 Firmware Update, version 1.2.
#[unsafe(no_mangle)]
pub static m2m_object_5: m2m_standard_object = m2m_standard_object(object::FIRMWARE_UPDATE);
/// /6 Location, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_6: m2m_standard_object = m2m_standard_object(object::LOCATION);
/// /7 Connectivity Statistics, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_7: m2m_standard_object = m2m_standard_object(object::CONNECTIVITY_STATISTICS);
/// /9 LWM2M Software Management, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_9: m2m_standard_object = m2m_standard_object(object::SOFTWARE_MANAGEMENT);
/// /10 LWM2M Cellular Connectivity, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_10: m2m_standard_object = m2m_standard_object(object::CELLULAR_CONNECTIVITY);
/// /11 LWM2M APN Connection Profile, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_11: m2m_standard_object = m2m_standard_object(object::APN_CONNECTION_PROFILE);
/// /13 LWM2M Bearer Selection, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_13: m2m_standard_object = m2m_standard_object(object::BEARER_SELECTION);
/// /16 Portfolio, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_16: m2m_standard_object = m2m_standard_object(object::PORTFOLIO);
/// /19 BinaryAppDataContainer, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_19: m2m_standard_object =
    m2m_standard_object(object::BINARY_APP_DATA_CONTAINER);
/// /20 Event Log, version 2.1.
#[unsafe(no_mangle)]
pub static m2m_object_20: m2m_standard_object = m2m_standard_object(object::EVENT_LOG);
/// /21 LWM2M OSCORE, version 2.0.
#[unsafe(no_mangle)]
pub static m2m_object_21: m2m_standard_object = m2m_standard_object(object::OSCORE);
/// /22 Virtual Observe Notify, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_22: m2m_standard_object = m2m_standard_object(object::VIRTUAL_OBSERVE_NOTIFY);
/// /23 LwM2M COSE, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_23: m2m_standard_object = m2m_standard_object(object::COSE);
/// /24 MQTT Server, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_24: m2m_standard_object = m2m_standard_object(object::MQTT_SERVER);
/// /25 LwM2M Gateway, version 2.0.
#[unsafe(no_mangle)]
pub static m2m_object_25: m2m_standard_object = m2m_standard_object(object::GATEWAY);
/// /26 LwM2M Gateway Routing, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_26: m2m_standard_object = m2m_standard_object(object::GATEWAY_ROUTING);
/// /27 5GNR Connectivity, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_27: m2m_standard_object = m2m_standard_object(object::NR_CONNECTIVITY);
/// /500 CoAP Config, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_500: m2m_standard_object = m2m_standard_object(object::COAP_CONFIG);
/// /503 Fire Alarm, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_503: m2m_standard_object = m2m_standard_object(object::FIRE_ALARM);
/// /504 Remote SIM Provisioning, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_504: m2m_standard_object =
    m2m_standard_object(object::REMOTE_SIM_PROVISIONING);
/// /3300 Generic Sensor, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_3300: m2m_standard_object = m2m_standard_object(object::GENERIC_SENSOR);
/// /3301 Illuminance, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_3301: m2m_standard_object = m2m_standard_object(object::ILLUMINANCE);
/// /3303 Temperature, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_3303: m2m_standard_object = m2m_standard_object(object::TEMPERATURE);
/// /3304 Humidity, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_3304: m2m_standard_object = m2m_standard_object(object::HUMIDITY);
/// /3306 Actuation, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_3306: m2m_standard_object = m2m_standard_object(object::ACTUATION);
/// /3311 Light Control, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_3311: m2m_standard_object = m2m_standard_object(object::LIGHT_CONTROL);
/// /3313 Accelerometer, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_3313: m2m_standard_object = m2m_standard_object(object::ACCELEROMETER);
/// /3315 Barometer, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_3315: m2m_standard_object = m2m_standard_object(object::BAROMETER);
/// /3336 Location, version 2.0.
#[unsafe(no_mangle)]
pub static m2m_object_3336: m2m_standard_object = m2m_standard_object(object::LOCATION_IPSO);
/// /3340 Timer, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_3340: m2m_standard_object = m2m_standard_object(object::TIMER);
/// /3341 Addressable Text Display, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_3341: m2m_standard_object =
    m2m_standard_object(object::ADDRESSABLE_TEXT_DISPLAY);
/// /3347 Push button, version 1.1.
#[unsafe(no_mangle)]
pub static m2m_object_3347: m2m_standard_object = m2m_standard_object(object::PUSH_BUTTON);
/// /3441 LwM2M v1.0 Test Object, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_3441: m2m_standard_object = m2m_standard_object(object::TEST_1_0);
/// /3442 LwM2M v1.1 Test Object, version 1.0.
#[unsafe(no_mangle)]
pub static m2m_object_3442: m2m_standard_object = m2m_standard_object(object::TEST_1_1);

#[cfg(test)]
mod tests {
    use lwm2m_core::object::STANDARD;

    /// The header's line of each object's symbol, as `static` and as documentation.
    #[test]
    fn every_object_of_the_tables_has_its_symbol() {
        let source = include_str!("standard.rs");
        for object in STANDARD.iter().filter(|o| ![0, 1, 3].contains(&o.id)) {
            let name = lwm2m_core::object::name(object.id).unwrap();
            let version = object.version;
            let line = format!("/// /{} {name}, version {version}.", object.id);
            assert!(source.contains(&line), "{line}");
        }
        assert_eq!(source.matches("\npub static m2m_object_").count(), STANDARD.len() - 3);
        assert_eq!(super::m2m_object_3303.0.id, 3303);
    }
}
