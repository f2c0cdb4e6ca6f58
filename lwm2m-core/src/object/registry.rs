//! Other objects that OMA registered. One row a resource.

use super::table::objects;

objects! {
    SOFTWARE_MANAGEMENT: 9 "LWM2M Software Management" (1, 0) M O {
        0 "PkgName" R S M String [0, 255];
        1 "PkgVersion" R S M String [0, 255];
        2 "Package" W S O Opaque;
        3 "Package URI" W S O String [0, 255];
        4 "Install" E S M None;
        5 "Checkpoint" R S O ObjectLink;
        6 "Uninstall" E S M None;
        7 "Update State" R S M Integer [0, 4];
        8 "Update Supported Objects" RW S O Boolean;
        9 "Update Result" R S M Integer [0, 200];
        10 "Activate" E S M None;
        11 "Deactivate" E S M None;
        12 "Activation State" R S M Boolean;
        13 "Package Settings" RW S O ObjectLink;
        14 "User Name" W S O String [0, 255];
        15 "Password" W S O String [0, 255];
        16 "Status Reason" R S O String;
        17 "Software Component Link" R M O ObjectLink;
        18 "Software Component tree length" R S O Integer [0, 255];
    }
    CELLULAR_CONNECTIVITY: 10 "LWM2M Cellular Connectivity" (1, 1) S O {
        0 "SMSC address" RW S O String;
        1 "Disable radio period" RW S O Integer [0, 65535];
        2 "Module activation code" RW S O String;
        3 "Vendor specific extensions" R S O ObjectLink;
        4 "PSM Timer" RW S O Integer;
        5 "Active Timer" RW S O Integer;
        7 "eDRX parameters for Iu mode" RW S O Opaque [0, 255];
        8 "eDRX parameters for WB-S1 mode" RW S O Opaque [0, 255];
        9 "eDRX parameters for NB-S1 mode" RW S O Opaque [0, 255];
        10 "eDRX parameters for A/Gb mode" RW S O Opaque [0, 255];
        11 "Activated Profile Names" R M M ObjectLink;
        12 "Supported Power Saving Modes" R S O Unsigned [0, 255] since (1, 1);
        13 "Active Power Saving Modes" RW S O Unsigned [0, 255] since (1, 1);
        14 "Release Assistance Indication Usage" RW S O Unsigned [0, 255] since (1, 1);
    }
    APN_CONNECTION_PROFILE: 11 "LWM2M APN Connection Profile" (1, 1) M O {
        0 "Profile name" RW S M String;
        1 "APN" RW S O String;
        2 "Auto select APN by device" RW S O Boolean;
        3 "Enable status" RW S O Boolean;
        4 "Authentication Type" RW S M Integer;
        5 "User Name" RW S O String;
        6 "Secret" RW S O String;
        7 "Reconnect Schedule" RW S O String;
        8 "Validity (MCC, MNC)" RW M O String;
        9 "Connection establishment time (1)" R M O Time;
        10 "Connection establishment result (1)" R M O Integer;
        11 "Connection establishment reject cause (1)" R M O Integer [0, 111];
        12 "Connection end time (1)" R M O Time;
        13 "TotalBytesSent" R S O Integer;
        14 "TotalBytesReceived" R S O Integer;
        15 "IP address (2)" RW M O String;
        16 "Prefix length(2)" RW M O String;
        17 "Subnet mask (2)" RW M O String;
        18 "Gateway (2)" RW M O String;
        19 "Primary DNS address (2)" RW M O String;
        20 "Secondary DNS address (2)" RW M O String;
        21 "QCI (3)" R S O Integer [1, 9];
        22 "Vendor specific extensions" R S O ObjectLink;
        23 "TotalPacketsSent" R S O Integer;
        24 "PDN Type" RW S O Integer;
        25 "APN Rate Control" R S O Integer;
        26 "Serving PLMN Rate control" RW S O Unsigned since (1, 1);
        27 "Uplink Time Unit" RW S O Unsigned [0, 4] since (1, 1);
        28 "APN Rate Control for Exception Data" R S O Integer since (1, 1);
        29 "APN Exception Data Uplink Time Unit" RW S O Unsigned [0, 4] since (1, 1);
        30 "Supported RAT Types" RW M O Unsigned since (1, 1);
        31 "RDS Application ID" RW M O String since (1, 1);
        32 "RDS Destination Port" RW M O Integer [0, 15] since (1, 1);
        33 "RDS Source Port" RW M O Integer [0, 15] since (1, 1);
    }
    BEARER_SELECTION: 13 "LWM2M Bearer Selection" (1, 1) S O {
        0 "Preferred Communications Bearer" RW M O Integer [0, 100];
        1 "Acceptable RSSI (GSM)" RW S O Integer [-110, -48];
        2 "Acceptable RSCP (UMTS)" RW S O Integer [-120, -25];
        3 "Acceptable RSRP (LTE)" RW S O Integer [-140, -44];
        4 "Acceptable RSSI (1xEV-DO)" RW S O Integer;
        5 "Cell lock list" RW S O String;
        6 "Operator list" RW S O String;
        7 "Operator list mode" RW S O Boolean;
        8 "List of available PLMNs" R S O String;
        9 "Vendor specific extensions" R S O ObjectLink;
        10 "Acceptable RSRP (NB-IoT)" RW S O Integer [-158, -44];
        11 "Higher Priority PLMN Search Timer" RW S O Integer;
        12 "Attach without PDN connection" RW S O Boolean;
    }
    PORTFOLIO: 16 "Portfolio" (1, 0) M O {
        0 "Identity" RW M M String;
        1 "GetAuthData" E S O None;
        2 "AuthData" R M O Opaque;
        3 "AuthStatus" R S O Integer [0, 2];
    }
    BINARY_APP_DATA_CONTAINER: 19 "BinaryAppDataContainer" (1, 0) M O {
        0 "Data" RW M M Opaque;
        1 "Data Priority" RW S O Integer;
        2 "Data Creation Time" RW S O Time;
        3 "Data Description" RW S O String [0, 32];
        4 "Data Format" RW S O String [0, 32];
        5 "App ID" RW S O Integer;
    }
    EVENT_LOG: 20 "Event Log" (2, 1) M O {
        4010 "LogClass" RW S O Integer [0, 255];
        4011 "LogStart" E S O None;
        4012 "LogStop" E S O None;
        4013 "LogStatus" R S O Integer;
        4014 "LogData" R S M Opaque;
        4015 "LogDataFormat" RW S O Integer [0, 255];
        4016 "LogDataIncremental" NONE S O Opaque since (2, 1);
        4017 "LogDataIncrementalMinimumSendInterval" RW S O Unsigned since (2, 1);
    }
    VIRTUAL_OBSERVE_NOTIFY: 22 "Virtual Observe Notify" (1, 1) M O {
        0 "ObserveLinks" RW M M CoreLink;
        1 "Report" R S M String;
        2 "ResourceFilter" RW S O Boolean;
        3 "ReportLinks" RW M O CoreLink;
        4 "ObserveRelation" RW S O Integer;
        5 "Virtual Observe Report Format" RW S O Integer since (1, 1);
        6 "Virtual Observe Report" R S O Opaque since (1, 1);
    }
    NR_CONNECTIVITY: 27 "5GNR Connectivity" (1, 0) M O {
        0 "Connectivity Option" R S M Integer;
        1 "NR Band Support available" R M O Integer;
        2 "NR Band attached" R M O Integer;
        3 "S-NSSAI" R M O Integer;
        4 "DNN Name" R S O String;
        5 "PDU Session Id" R S O Integer [1, 15];
        6 "SSC Mode" R S O Integer [1, 3];
        7 "PDU Session Type" R S O Integer;
        8 "5QI" R S O Integer;
        9 "SDAP Enablement" R S O Integer;
        10 "QFI" R S O Integer [1, 63];
        11 "Session AMBR" R S O Integer [1, 25];
        12 "APN-AMBR" R S O Integer;
        13 "NAS Reflective QOS" R S O Boolean;
        14 "Access Stratum Reflective QoS" R S O Boolean;
        15 "P-CSCF Address Index" R S O Integer;
        16 "PDU session Authentication" R S O Integer;
        17 "PLMN ID" R S O String;
        18 "LADN Support" R S O Boolean;
        19 "Integrity Protection on DRB" R S O Integer;
        20 "Access type Preference" R S O Boolean;
    }
    COAP_CONFIG: 500 "CoAP Config" (1, 0) M O {
        0 "Network Bearer" RW S M Integer [0, 255];
        1 "ACK_TIMEOUT" RW S M Integer;
        2 "ACK_RANDOM_FACTOR" RW S M Float;
        3 "MAX_RETRANSMIT" RW S M Integer;
        4 "NSTART" RW S M Integer;
        5 "DEFAULT_LEISURE" RW S O Integer;
        6 "PROBING_RATE" RW S O Integer;
        7 "DTLS Retransmission Timer" RW S O Integer;
        8 "Max Response Waiting Time" RW S O Integer;
        9 "Apply" E S O None;
    }
    FIRE_ALARM: 503 "Fire Alarm" (1, 0) M O {
        0 "Temperature Sensor Location Tag" RW S O String;
        1 "Temperature Unit" RW S M Integer;
        2 "Ambient Temperature" RW S O Float;
        3 "Temperature Value" R S M Float;
        4 "Minimum Measured Temperature Value" R S O Float;
        5 "Maximum Measured Temperature Value" R S O Float;
        6 "Min Temperature Range Value" RW S O Float;
        7 "Max Temperature Range Value" RW S O Float;
        8 "Lower Temperature Accuracy" RW S O Float;
        9 "Upper Temperature Accuracy" RW S O Float;
        10 "Temperature Threshold" RW S O Float;
        11 "Temperature Sensor Error" R S O Boolean;
        12 "Reset Temperature" E S O None;
        13 "Temperature Alarm Loudness" RW S O Float;
        14 "Humidity Sensor Location Tag" RW S O String;
        15 "Ambient Relative Humidity" RW S O Float [0, 100];
        16 "Humidity Value" R S M Float [0, 100];
        17 "Minimum Measured Humidity Value" R S O Float [0, 100];
        18 "Maximum Measured Humidity Value" R S O Float [0, 100];
        19 "Humidity Accuracy" RW S O Float [0, 100];
        20 "Humidity Threshold" RW S O Float [0, 100];
        21 "Humidity Sensor Error" R S O Boolean;
        22 "Reset Humidity" E S O None;
        23 "Humidity Alarm Loudness" RW S O Float;
        24 "Smoke Sensor Location Tag" RW S O String;
        25 "CO2 Alarm State" R S M Boolean;
        26 "Ambient CO2 Value" R S O Float;
        27 "CO2 Value" R S M Float;
        28 "Minimum Measured CO2 Value" R S O Float;
        29 "Maximum Measured CO2 Value" R S O Float;
        30 "CO2 Threshold" RW S O Float;
        31 "Smoke Sensor Error" R S O Boolean;
        32 "Reset Smoke Detection" E S O None;
        33 "Smoke Alarm Loudness" R S O Float;
        5514 "Latitude" R S O String;
        5515 "Longitude" R S O String;
        6039 "Altitude" R S O Float;
        6044 "Battery Percentage" R S O Float [0, 100];
    }
    REMOTE_SIM_PROVISIONING: 504 "Remote SIM Provisioning" (1, 0) M O {
        0 "Current SIM Type" R S M Integer [0, 3];
        1 "Supported SIM Type" R M M Integer [0, 3];
        2 "Service Provider Name" R S O String;
        3 "Download URI/Information" RW S O String [0, 255];
        4 "RSP Update" E S O None;
        5 "RSP Update State" R S O Integer [0, 10];
        6 "RSP Update Result" R S O Integer [0, 16];
        7 "Profile Name" R S O String [0, 255];
        8 "Profile Package Version" R S O String [0, 255];
        9 "Free Memory on SIM" R S O Integer;
        10 "Total Memory on SIM" R S O Integer;
        11 "Integrated Circuit Card Identifier (ICCID)" R M M String;
        12 "eUICC ID" R S O String;
        13 "RSP Type" R S M Integer;
        14 "Selected ICCID for RSP operation" RW S O String;
        15 "RSP Consent Reason" R S O String;
        16 "RSP User Consent" W S O Integer [0, 1];
        17 "RSP Confirmation Code" W S O String;
        18 "RSP Data Type" RW S O Integer [0, 17];
        19 "Set RSP Data" W S O Opaque;
        20 "Get RSP Data" R S O Opaque;
    }
}
