//! The objects of the enabler itself: those of Core appendix E, OSCORE, COSE, MQTT and gateway
//! (registry of OMA, versions that go with LwM2M 1.2.2). One row a resource.

use super::table::objects;

objects! {
    SECURITY: 0 "LWM2M Security" (1, 2) M M {
        0 "LwM2M Server URI" NONE S M String [0, 255];
        1 "Bootstrap-Server" NONE S M Boolean;
        2 "Security Mode" NONE S M Integer [0, 4];
        3 "Public Key or Identity" NONE S M Opaque;
        4 "Server Public Key" NONE S M Opaque;
        5 "Secret Key" NONE S M Opaque;
        6 "SMS Security Mode" NONE S O Integer [0, 255];
        7 "SMS Binding Key Parameters" NONE S O Opaque [6, 6];
        8 "SMS Binding Secret Key(s)" NONE S O Opaque [16, 48];
        9 "LwM2M Server SMS Number" NONE S O String;
        10 "Short Server ID" NONE S O Integer [1, 65534];
        11 "Client Hold Off Time" NONE S O Integer;
        12 "Bootstrap-Server Account Timeout" NONE S O Integer;
        13 "Matching Type" NONE S O Unsigned [0, 3] since (1, 1);
        14 "SNI" NONE S O String since (1, 1);
        15 "Certificate Usage" NONE S O Unsigned [0, 3] since (1, 1);
        16 "DTLS/TLS Ciphersuite" NONE M O Unsigned since (1, 1);
        17 "OSCORE Security Mode" NONE S O ObjectLink since (1, 1);
        18 "Groups To Use by Client" NONE M O Unsigned [0, 65535] since (1, 2);
        19 "Signature Algorithms Supported by Server" NONE M O Unsigned [0, 65535] since (1, 2);
        20 "Signature Algorithms To Use by Client" NONE M O Unsigned [0, 65535] since (1, 2);
        21 "Signature Algorithm Certs Supported by Server" NONE M O Unsigned [0, 65535] since (1, 2);
        22 "TLS 1.3 Features To Use by Client" NONE S O Unsigned [0, 65535] since (1, 2);
        23 "TLS Extensions Supported by Server" NONE S O Unsigned [0, 65535] since (1, 2);
        24 "TLS Extensions To Use by Client" NONE S O Unsigned [0, 65535] since (1, 2);
        25 "Secondary LwM2M Server URI" NONE M O String [0, 255] since (1, 2);
        26 "MQTT Server" NONE S O ObjectLink since (1, 2);
        27 "LwM2M COSE Security" NONE M O ObjectLink since (1, 2);
        28 "RDS Destination Port" NONE S O Integer [0, 15] since (1, 2);
        29 "RDS Source Port" NONE S O Integer [0, 15] since (1, 2);
        30 "RDS Application ID" NONE S O String since (1, 2);
    }
    SERVER: 1 "LwM2M Server" (1, 2) M M {
        0 "Short Server ID" R S M Integer [1, 65534];
        1 "Lifetime" RW S M Integer;
        2 "Default Minimum Period" RW S O Integer;
        3 "Default Maximum Period" RW S O Integer;
        4 "Disable" E S O None;
        5 "Disable Timeout" RW S O Integer;
        6 "Notification Storing When Disabled or Offline" RW S M Boolean;
        7 "Binding" RW S M String;
        8 "Registration Update Trigger" E S M None;
        9 "Bootstrap-Request Trigger" E S O None since (1, 1);
        10 "APN Link" RW S O ObjectLink since (1, 1);
        11 "TLS-DTLS Alert Code" R S O Unsigned [0, 255] since (1, 1);
        12 "Last Bootstrapped" R S O Time since (1, 1);
        13 "Registration Priority Order" R S O Unsigned since (1, 1);
        14 "Initial Registration Delay Timer" RW S O Unsigned since (1, 1);
        15 "Registration Failure Block" R S O Boolean since (1, 1);
        16 "Bootstrap on Registration Failure" R S O Boolean since (1, 1);
        17 "Communication Retry Count" RW S O Unsigned since (1, 1);
        18 "Communication Retry Timer" RW S O Unsigned since (1, 1);
        19 "Communication Sequence Delay Timer" RW S O Unsigned since (1, 1);
        20 "Communication Sequence Retry Count" RW S O Unsigned since (1, 1);
        21 "Trigger" RW S O Boolean since (1, 1);
        22 "Preferred Transport" RW S O String since (1, 1);
        23 "Mute Send" RW S O Boolean since (1, 1);
        24 "Alternate APN Links" RW M O ObjectLink since (1, 2);
        25 "Supported Server Versions" RW M O String since (1, 2);
        26 "Default Notification Mode" RW S O Integer [0, 1] since (1, 2);
        27 "Profile ID Hash Algorithm" RW S O Unsigned [0, 255] since (1, 2);
    }
    ACCESS_CONTROL: 2 "LwM2M Access Control" (1, 1) M O {
        0 "Object ID" R S M Integer [1, 65534];
        1 "Object Instance ID" R S M Integer [0, 65535];
        2 "ACL" RW M O Integer [0, 31];
        3 "Access Control Owner" RW S M Integer [0, 65535];
    }
    DEVICE: 3 "Device" (1, 2) S M {
        0 "Manufacturer" R S O String;
        1 "Model Number" R S O String;
        2 "Serial Number" R S O String;
        3 "Firmware Version" R S O String;
        4 "Reboot" E S M None;
        5 "Factory Reset" E S O None;
        6 "Available Power Sources" R M O Integer [0, 7];
        7 "Power Source Voltage" R M O Integer;
        8 "Power Source Current" R M O Integer;
        9 "Battery Level" R S O Integer [0, 100];
        10 "Memory Free" R S O Integer;
        11 "Error Code" R M M Integer [0, 32];
        12 "Reset Error Code" E S O None;
        13 "Current Time" RW S O Time;
        14 "UTC Offset" RW S O String;
        15 "Timezone" RW S O String;
        16 "Supported Binding and Modes" R S M String;
        17 "Device Type" R S O String;
        18 "Hardware Version" R S O String;
        19 "Software Version" R S O String;
        20 "Battery Status" R S O Integer [0, 6];
        21 "Memory Total" R S O Integer;
        22 "ExtDevInfo" R M O ObjectLink;
    }
    CONNECTIVITY_MONITORING: 4 "Connectivity Monitoring" (1, 3) S O {
        0 "Network Bearer" R S M Integer [0, 50];
        1 "Available Network Bearer" R M M Integer [0, 50];
        2 "Radio Signal Strength" R S M Integer;
        3 "Link Quality" R S O Integer;
        4 "IP Addresses" R M M String;
        5 "Router IP Addresses" R M O String;
        6 "Link Utilization" R S O Integer [0, 100];
        7 "APN" R M O String;
        8 "Cell ID" R S O Integer;
        9 "SMNC" R S O Integer [0, 999];
        10 "SMCC" R S O Integer [0, 999];
        11 "SignalSNR" R S O Integer since (1, 1);
        12 "LAC" R S O Integer since (1, 2);
        13 "Coverage Enhancement Level" R S O Integer [0, 4] since (1, 3);
    }
    FIRMWARE_UPDATE: 5 "Firmware Update" (1, 2) S O {
        0 "Package" W S M Opaque;
        1 "Package URI" RW S M String [0, 255];
        2 "Update" E S M None;
        3 "State" R S M Integer [0, 3];
        5 "Update Result" R S M Integer [0, 11];
        6 "PkgName" R S O String [0, 255];
        7 "PkgVersion" R S O String [0, 255];
        8 "Firmware Update Protocol Support" R M O Integer [0, 5];
        9 "Firmware Update Delivery Method" R S M Integer [0, 2];
        10 "Cancel" E S O None since (1, 1);
        11 "Severity" RW S O Integer [0, 2] since (1, 1);
        12 "Last State Change Time" R S O Time since (1, 1);
        13 "Maximum Defer Period" RW S O Unsigned since (1, 1);
        14 "Automatic Upgrade at Download" RW S O Boolean since (1, 2);
    }
    LOCATION: 6 "Location" (1, 0) S O {
        0 "Latitude" R S M Float;
        1 "Longitude" R S M Float;
        2 "Altitude" R S O Float;
        3 "Radius" R S O Float;
        4 "Velocity" R S O Opaque;
        5 "Timestamp" R S M Time;
        6 "Speed" R S O Float;
    }
    CONNECTIVITY_STATISTICS: 7 "Connectivity Statistics" (1, 0) S O {
        0 "SMS Tx Counter" R S O Integer;
        1 "SMS Rx Counter" R S O Integer;
        2 "Tx Data" R S O Integer;
        3 "Rx Data" R S O Integer;
        4 "Max Message Size" R S O Integer;
        5 "Average Message Size" R S O Integer;
        6 "Start" E S M None;
        7 "Stop" E S M None;
        8 "Collection Period" RW S O Integer;
    }
    OSCORE: 21 "LWM2M OSCORE" (2, 0) M O {
        0 "OSCORE Master Secret" NONE S M Opaque;
        1 "OSCORE Sender ID" NONE S M Opaque;
        2 "OSCORE Recipient ID" NONE S M Opaque;
        3 "OSCORE AEAD Algorithm" NONE S O Integer;
        4 "OSCORE HMAC Algorithm" NONE S O Integer;
        5 "OSCORE Master Salt" NONE S O Opaque;
        6 "OSCORE ID Context" NONE S O Opaque since (1, 1);
    }
    COSE: 23 "LwM2M COSE" (1, 0) M O {
        0 "KID" NONE S M String;
        1 "AEAD Algorithm" NONE S M Integer;
        2 "Key" NONE S M String;
    }
    MQTT_SERVER: 24 "MQTT Server" (1, 0) M O {
        0 "Will Retain" RW S O Boolean;
        1 "Will Topic" RW S O String;
        2 "Will Message" RW S O String;
        3 "Clean Session" RW S O Boolean;
        4 "Will QoS" RW S O Unsigned [0, 3];
        5 "Keep Alive" RW S O Unsigned [0, 65535];
        6 "Client Identifier" RW S M String;
        7 "User Name" RW S O String;
        8 "Password" RW S O Opaque;
    }
    GATEWAY: 25 "LwM2M Gateway" (2, 0) M O {
        0 "Device ID" R S M String;
        1 "Prefix" R S M String;
        3 "IoT Device Objects" R S M CoreLink since (2, 0);
    }
    GATEWAY_ROUTING: 26 "LwM2M Gateway Routing" (1, 0) M O {
        0 "LwM2M Object ID" R S M Unsigned;
        1 "Mapping Info" R S M CoreLink;
    }
}
