//! Smart objects of IPSO and the two test objects. One row a resource.

use super::table::objects;

objects! {
    GENERIC_SENSOR: 3300 "Generic Sensor" (1, 1) M O {
        5518 "Timestamp" R S O Time since (1, 1);
        5601 "Min Measured Value" R S O Float;
        5602 "Max Measured Value" R S O Float;
        5603 "Min Range Value" R S O Float;
        5604 "Max Range Value" R S O Float;
        5605 "Reset Min and Max Measured Values" E S O None;
        5700 "Sensor Value" R S M Float;
        5701 "Sensor Units" R S O String;
        5750 "Application Type" RW S O String;
        5751 "Sensor Type" R S O String;
        6042 "Measurement Quality Indicator" R S O Integer [0, 23] since (1, 1);
        6049 "Measurement Quality Level" R S O Integer [0, 100] since (1, 1);
        6050 "Fractional Timestamp" R S O Float [0, 1] since (1, 1);
    }
    ILLUMINANCE: 3301 "Illuminance" (1, 1) M O {
        5518 "Timestamp" R S O Time since (1, 1);
        5601 "Min Measured Value" R S O Float;
        5602 "Max Measured Value" R S O Float;
        5603 "Min Range Value" R S O Float;
        5604 "Max Range Value" R S O Float;
        5605 "Reset Min and Max Measured Values" E S O None;
        5700 "Sensor Value" R S M Float;
        5701 "Sensor Units" R S O String;
        5750 "Application Type" RW S O String since (1, 1);
        6042 "Measurement Quality Indicator" R S O Integer [0, 23] since (1, 1);
        6049 "Measurement Quality Level" R S O Integer [0, 100] since (1, 1);
        6050 "Fractional Timestamp" R S O Float [0, 1] since (1, 1);
    }
    TEMPERATURE: 3303 "Temperature" (1, 1) M O {
        5518 "Timestamp" R S O Time since (1, 1);
        5601 "Min Measured Value" R S O Float;
        5602 "Max Measured Value" R S O Float;
        5603 "Min Range Value" R S O Float;
        5604 "Max Range Value" R S O Float;
        5605 "Reset Min and Max Measured Values" E S O None;
        5700 "Sensor Value" R S M Float;
        5701 "Sensor Units" R S O String;
        5750 "Application Type" RW S O String since (1, 1);
        6042 "Measurement Quality Indicator" R S O Integer [0, 23] since (1, 1);
        6049 "Measurement Quality Level" R S O Integer [0, 100] since (1, 1);
        6050 "Fractional Timestamp" R S O Float [0, 1] since (1, 1);
    }
    HUMIDITY: 3304 "Humidity" (1, 1) M O {
        5518 "Timestamp" R S O Time since (1, 1);
        5601 "Min Measured Value" R S O Float;
        5602 "Max Measured Value" R S O Float;
        5603 "Min Range Value" R S O Float;
        5604 "Max Range Value" R S O Float;
        5605 "Reset Min and Max Measured Values" E S O None;
        5700 "Sensor Value" R S M Float;
        5701 "Sensor Units" R S O String;
        5750 "Application Type" RW S O String since (1, 1);
        6042 "Measurement Quality Indicator" R S O Integer [0, 23] since (1, 1);
        6049 "Measurement Quality Level" R S O Integer [0, 100] since (1, 1);
        6050 "Fractional Timestamp" R S O Float [0, 1] since (1, 1);
    }
    ACTUATION: 3306 "Actuation" (1, 1) M O {
        5518 "Timestamp" R S O Time since (1, 1);
        5750 "Application Type" RW S O String;
        5850 "On/Off" RW S M Boolean;
        5851 "Dimmer" RW S O Integer [0, 100];
        5852 "On time" RW S O Integer;
        5853 "Multi-state Output" RW S O String;
        6050 "Fractional Timestamp" R S O Float [0, 1] since (1, 1);
    }
    LIGHT_CONTROL: 3311 "Light Control" (1, 0) M O {
        5701 "Sensor Units" R S O String;
        5706 "Colour" RW S O String;
        5750 "Application Type" RW S O String;
        5805 "Cumulative active power" R S O Float;
        5820 "Power factor" R S O Float;
        5850 "On/Off" RW S M Boolean;
        5851 "Dimmer" RW S O Integer [0, 100];
        5852 "On time" RW S O Integer;
    }
    ACCELEROMETER: 3313 "Accelerometer" (1, 1) M O {
        5518 "Timestamp" R S O Time since (1, 1);
        5603 "Min Range Value" R S O Float;
        5604 "Max Range Value" R S O Float;
        5701 "Sensor Units" R S O String;
        5702 "X Value" R S M Float;
        5703 "Y Value" R S O Float;
        5704 "Z Value" R S O Float;
        5750 "Application Type" RW S O String;
        6042 "Measurement Quality Indicator" R S O Integer [0, 23] since (1, 1);
        6049 "Measurement Quality Level" R S O Integer [0, 100] since (1, 1);
        6050 "Fractional Timestamp" R S O Float [0, 1] since (1, 1);
    }
    BAROMETER: 3315 "Barometer" (1, 1) M O {
        5518 "Timestamp" R S O Time since (1, 1);
        5601 "Min Measured Value" R S O Float;
        5602 "Max Measured Value" R S O Float;
        5603 "Min Range Value" R S O Float;
        5604 "Max Range Value" R S O Float;
        5605 "Reset Min and Max Measured Values" E S O None;
        5700 "Sensor Value" R S M Float;
        5701 "Sensor Units" R S O String;
        5750 "Application Type" RW S O String since (1, 1);
        6042 "Measurement Quality Indicator" R S O Integer [0, 23] since (1, 1);
        6049 "Measurement Quality Level" R S O Integer [0, 100] since (1, 1);
        6050 "Fractional Timestamp" R S O Float [0, 1] since (1, 1);
    }
    LOCATION_IPSO: 3336 "Location" (2, 0) M O {
        5517 "Velocity" R S O Opaque;
        5518 "Timestamp" R S O Time since (1, 1);
        5705 "Compass Direction" R S O Float [0, 360];
        5750 "Application Type" RW S O String;
        6042 "Measurement Quality Indicator" R S O Integer [0, 23] since (1, 1);
        6049 "Measurement Quality Level" R S O Integer [0, 100] since (1, 1);
        6050 "Fractional Timestamp" R S O Float [0, 1] since (1, 1);
        6051 "Numeric Latitude" R S M Float [-90, 90] since (2, 0);
        6052 "Numeric Longitude" R S M Float [-180, 180] since (2, 0);
        6053 "Numeric Uncertainty" R S O Float since (2, 0);
    }
    TIMER: 3340 "Timer" (1, 0) M O {
        5521 "Delay Duration" RW S M Float;
        5523 "Trigger" E S O None;
        5525 "Minimum Off-time" RW S O Float;
        5526 "Timer Mode" RW S O Integer [0, 4];
        5534 "Counter" RW S O Integer;
        5538 "Remaining Time" R S O Float;
        5543 "Digital State" R S O Boolean;
        5544 "Cumulative Time" RW S O Float;
        5750 "Application Type" RW S O String;
        5850 "On/Off" RW S O Boolean;
    }
    ADDRESSABLE_TEXT_DISPLAY: 3341 "Addressable Text Display" (1, 0) M O {
        5527 "Text" RW S M String;
        5528 "X Coordinate" RW S O Integer;
        5529 "Y Coordinate" RW S O Integer;
        5530 "Clear Display" E S O None;
        5531 "Contrast" RW S O Float;
        5545 "Max X Coordinate" R S O Integer;
        5546 "Max Y Coordinate" R S O Integer;
        5548 "Level" RW S O Float;
        5750 "Application Type" RW S O String;
    }
    PUSH_BUTTON: 3347 "Push button" (1, 1) M O {
        5500 "Digital Input State" R S M Boolean;
        5501 "Digital Input Counter" R S O Integer;
        5518 "Timestamp" R S O Time since (1, 1);
        5750 "Application Type" RW S O String;
        6050 "Fractional Timestamp" R S O Float [0, 1] since (1, 1);
    }
    TEST_1_0: 3441 "LwM2M v1.0 Test Object" (1, 0) M O {
        0 "Reset values" E S O None;
        1 "Randomize values" E S O None;
        2 "Clear values" E S O None;
        3 "Exec With Arguments" E S O None;
        4 "Arguments List" R M O String;
        110 "String Value" RW S O String;
        120 "Integer Value" RW S O Integer;
        130 "Float Value" RW S O Float;
        140 "Boolean Value" RW S O Boolean;
        150 "Opaque Value" RW S O Opaque;
        160 "Time Value" RW S O Time;
        170 "ObjLink Value" RW S O ObjectLink;
        1110 "Multiple String Value" RW M O String;
        1120 "Multiple Integer Value" RW M O Integer;
        1130 "Multiple Float Value" RW M O Float;
        1140 "Multiple Boolean Value" RW M O Boolean;
        1150 "Multiple Opaque Value" RW M O Opaque;
        1160 "Multiple Time Value" RW M O Time;
        1170 "Multiple ObjLink Value" RW M O ObjectLink;
    }
    TEST_1_1: 3442 "LwM2M v1.1 Test Object" (1, 0) M O {
        0 "Reset values" E S O None;
        1 "Randomize values" E S O None;
        2 "Clear values" E S O None;
        3 "Exec With Arguments" E S O None;
        4 "Arguments List" R M O String;
        5 "Send Data" E S O None;
        6 "Resources to Send" RW M O String;
        110 "String Value" RW S O String;
        120 "Integer Value" RW S O Integer;
        125 "Unsigned Integer Value" RW S O Unsigned;
        130 "Float Value" RW S O Float;
        140 "Boolean Value" RW S O Boolean;
        150 "Opaque Value" RW S O Opaque;
        160 "Time Value" RW S O Time;
        170 "ObjLink Value" RW S O ObjectLink;
        180 "CoreLnk Value" RW S O CoreLink;
        1110 "Multiple String Value" RW M O String;
        1120 "Multiple Integer Value" RW M O Integer;
        1125 "Multiple Unsigned Integer Value" RW M O Unsigned;
        1130 "Multiple Float Value" RW M O Float;
        1140 "Multiple Boolean Value" RW M O Boolean;
        1150 "Multiple Opaque Value" RW M O Opaque;
        1160 "Multiple Time Value" RW M O Time;
        1170 "Multiple ObjLink Value" RW M O ObjectLink;
        1180 "Multiple CoreLnk Value" RW M O CoreLink;
    }
}
