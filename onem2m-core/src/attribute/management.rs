//! Specialisations of mgmtObj (TS-0004 annex D).

use super::{Attribute, Kind::*, complex, enumeration, rows};

/// `<mgmtCmd>`.
pub(super) const MGC: &[Attribute] = rows! {
    "dc" "description" Text, ZeroOrOne, O O NA;
    "cmt" "cmdType" Enumeration(&enumeration::CMD_TYPE), One, M NP NA;
    "exra" "execReqArgs" Any, ZeroOrOne, O O NA;
    "exe" "execEnable" Boolean, ZeroOrOne, O O NA;
    "ext" "execTarget" Id, One, M O NA;
    "exm" "execMode" Enumeration(&enumeration::EXEC_MODE_TYPE), ZeroOrOne, O O NA;
    "exf" "execFrequency" Duration, ZeroOrOne, O O NA;
    "exy" "execDelay" Duration, ZeroOrOne, O O NA;
    "exn" "execNumber" Unsigned, ZeroOrOne, O O NA;
};

/// `<execInstance>`.
pub(super) const EXIN: &[Attribute] = rows! {
    // Given by who carries the command out.
    "exs" "execStatus" Enumeration(&enumeration::EXEC_STATUS_TYPE), One, NP O NA;
    "exr" "execResult" Enumeration(&enumeration::EXEC_RESULT_TYPE), ZeroOrOne, NP O NA;
    "exd" "execDisable" Boolean, ZeroOrOne, NP O NA;
    "ext" "execTarget" Id, One, NP NP NA;
    "exm" "execMode" Enumeration(&enumeration::EXEC_MODE_TYPE), ZeroOrOne, NP NP NA;
    "exf" "execFrequency" Duration, ZeroOrOne, NP NP NA;
    "exy" "execDelay" Duration, ZeroOrOne, NP NP NA;
    "exn" "execNumber" Unsigned, ZeroOrOne, NP NP NA;
    "exra" "execReqArgs" Any, ZeroOrOne, NP NP NA;
};

/// `<Firmware>`.
pub(super) const FWR: &[Attribute] = rows! {
    "vr" "version" Text, One, M O OA;
    "fwn" "firmwareName" Text, One, M O OA;
    "url" "URL" Uri, One, M O OA;
    "uds" "updateStatus" Complex(&complex::ACTION_STATUS), ZeroOrOne, NP O OA;
    "ud" "update" Boolean, One, M O OA;
};

/// `<Software>`.
pub(super) const SWR: &[Attribute] = rows! {
    "vr" "version" Text, One, M O OA;
    "swn" "softwareName" Text, One, M O OA;
    "url" "URL" Uri, One, M O OA;
    "ins" "installStatus" Complex(&complex::ACTION_STATUS), ZeroOrOne, NP NP NA;
    "acts" "activeStatus" Complex(&complex::ACTION_STATUS), ZeroOrOne, NP NP NA;
    "in" "install" Boolean, ZeroOrOne, NP O OA;
    "un" "uninstall" Boolean, ZeroOrOne, NP O OA;
    "act" "activate" Boolean, ZeroOrOne, NP O OA;
    "dea" "deactivate" Boolean, ZeroOrOne, NP O OA;
};

/// `<Memory>`.
pub(super) const MEM: &[Attribute] = rows! {
    "mma" "memAvailable" Unsigned, One, M O OA;
    "mmt" "memTotal" Unsigned, One, M O OA;
};

/// `<AreaNetworkInfo>`.
pub(super) const ANI: &[Attribute] = rows! {
    "ant" "areaNwkType" Text, One, M O OA;
    "ldv" "listOfDevices" List(&Uri), ZeroOrOne, O O OA;
};

/// `<AreaNetworkDeviceInfo>`.
pub(super) const ANDI: &[Attribute] = rows! {
    "dvd" "devId" Text, One, M O OA;
    "dvt" "devType" Text, One, M O OA;
    "awi" "areaNwkId" Uri, One, M O OA;
    "sli" "sleepInterval" Unsigned, ZeroOrOne, O O OA;
    "sld" "sleepDuration" Unsigned, ZeroOrOne, O O OA;
    "ss" "devStatus" Text, ZeroOrOne, O O OA;
    "lnh" "listOfNeighbors" List(&Uri), ZeroOrOne, O O OA;
};

/// `<Battery>`.
pub(super) const BAT: &[Attribute] = rows! {
    "btl" "batteryLevel" UnsignedInt, One, M O OA;
    "bts" "batteryStatus" Enumeration(&enumeration::BATTERY_STATUS), One, M O OA;
};

/// `<DeviceInfo>`.
pub(super) const DVI: &[Attribute] = rows! {
    "dlb" "deviceLabel" Text, One, M O OA;
    "man" "manufacturer" Text, One, M O OA;
    "mfdl" "manufacturerDetailsLink" Text, ZeroOrOne, O O OA;
    "mfd" "manufacturingDate" Timestamp, ZeroOrOne, O O OA;
    "mod" "model" Text, One, M O OA;
    "smod" "subModel" Text, ZeroOrOne, O O OA;
    "dty" "deviceType" Text, One, M O OA;
    "dvnm" "deviceName" Text, ZeroOrOne, O O OA;
    "fwv" "fwVersion" Text, ZeroOrOne, O O OA;
    "swv" "swVersion" Text, ZeroOrOne, O O OA;
    "hwv" "hwVersion" Text, ZeroOrOne, O NP OA;
    "osv" "osVersion" Text, ZeroOrOne, O O OA;
    "cnty" "country" Text, ZeroOrOne, O NP OA;
    "loc" "location" Text, ZeroOrOne, O O OA;
    "syst" "systemTime" Timestamp, ZeroOrOne, O O OA;
    "spur" "supportURL" Uri, ZeroOrOne, O O OA;
    "purl" "presentationURL" Uri, ZeroOrOne, O O OA;
    "ptl" "protocol" List(&Text), ZeroOrOne, O O OA;
};

/// `<DeviceCapability>`.
pub(super) const DVC: &[Attribute] = rows! {
    "can" "capabilityName" Text, One, M O OA;
    "att" "attached" Boolean, One, M O OA;
    "cas" "capabilityActionStatus" Complex(&complex::ACTION_STATUS), One, M O OA;
    "ena" "enable" Boolean, ZeroOrOne, O O OA;
    "dis" "disable" Boolean, ZeroOrOne, O O OA;
    "cus" "currentState" Boolean, One, M O OA;
};

/// `<Reboot>`.
pub(super) const RBO: &[Attribute] = rows! {
    "rbo" "reboot" Boolean, ZeroOrOne, O O OA;
    "far" "factoryReset" Boolean, ZeroOrOne, O O OA;
};

/// `<EventLog>`.
pub(super) const EVL: &[Attribute] = rows! {
    "lgt" "logTypeId" Enumeration(&enumeration::LOG_TYPE_ID), One, M O OA;
    "lgd" "logData" Text, One, M O OA;
    "lgst" "logStatus" Enumeration(&enumeration::LOG_STATUS), One, M O OA;
    "lga" "logStart" Boolean, One, O O OA;
    "lgo" "logStop" Boolean, One, O O OA;
};

/// `<DataCollection>`.
pub(super) const DATC: &[Attribute] = rows! {
    "cntp" "containerPath" Text, One, M O OA;
    "rpsc" "reportingSchedule" List(&Complex(&complex::SCHEDULE_ENTRIES)), ZeroOrOne, O O OA;
    "mesc" "measurementSchedule" List(&Complex(&complex::SCHEDULE_ENTRIES)), ZeroOrOne, O O OA;
    "meil" "measurementInterval" Positive, ZeroOrOne, O O OA;
};

/// `<myCertFileCred>`.
pub(super) const NYCFC: &[Attribute] = rows! {
    "suids" "SUIDs" List(&Enumeration(&enumeration::SUID)), One, M O OA;
    "mcff" "myCertFileFormat" Uri, One, M NP OA;
    "mcfc" "myCertFileContent" Text, One, M NP OA;
};

/// `<WiFi Client>`.
pub(super) const WIFIC: &[Attribute] = rows! {
    "ssid" "ssid" Text, One, M O OA;
    "wcrds" "credentials" Complex(&complex::WIFI_CREDENTIALS), ZeroOrOne, O O OA;
    "maca" "macAddress" Text, ZeroOrOne, O O OA;
    "chanl" "channel" Text, ZeroOrOne, O O OA;
    "cons" "connectionStatus" Enumeration(&enumeration::WIFI_CONNECTION_STATUS), One, O O OA;
    "scan" "scan" Boolean, One, M O OA;
    "scanr" "scanResult" List(&Text), One, O O OA;
    "ud" "update" Boolean, One, O O OA;
    "uds" "updateStatus" Complex(&complex::ACTION_STATUS), ZeroOrOne, NP NP OA;
    "trdst" "toggleRadioStatus" Boolean, One, O O OA;
    "rdst" "radioStatus" Boolean, ZeroOrOne, O O OA;
};

/// `<Credentials>`.
pub(super) const CRDS: &[Attribute] = rows! {
    "pur" "purpose" Text, ZeroOrOne, O O OA;
    "crid" "credentialID" Text, ZeroOrOne, O O OA;
    "crse" "credentialSecret" Text, ZeroOrOne, O O OA;
    "crtk" "credentialToken" Text, ZeroOrOne, O O OA;
};

/// `<SIM>`.
pub(super) const SIM: &[Attribute] = rows! {
    "imsi" "imsi" Imsi, ZeroOrOne, O O OA;
    "icid" "iccid" Iccid, One, M O OA;
    "sist" "simStatus" Enumeration(&enumeration::SIM_STATUS), ZeroOrOne, O O OA;
    "sity" "simType" Enumeration(&enumeration::SIM_TYPE), ZeroOrOne, O O OA;
    "spn" "serviceProviderName" Text, ZeroOrOne, O O OA;
};

/// `<Mobile Network>`.
pub(super) const MNWK: &[Attribute] = rows! {
    "cnb" "cellularNetworkBearer" Enumeration(&enumeration::CELLULAR_NETWORK_BEARER), ZeroOrOne, M O OA;
    "rss" "radioSignalStrength" Integer, ZeroOrOne, O O OA;
    "liqu" "linkQuality" Integer, ZeroOrOne, O O OA;
    "ipad" "ipAddresses" List(&Complex(&complex::IP_ADDRESS)), ZeroOrOne, O O OA;
    "ripa" "routerIPAddresses" List(&Complex(&complex::IP_ADDRESS)), ZeroOrOne, O O OA;
    "apna" "apn" Text, ZeroOrOne, O O OA;
    "ceid" "cellID" Integer, ZeroOrOne, O O OA;
    "smnc" "smnc" Integer, ZeroOrOne, O O OA;
    "smcc" "smcc" Integer, ZeroOrOne, O O OA;
    "lac" "lac" Integer, ZeroOrOne, O O OA;
    "coel" "coverageEnhancementLevel" Enumeration(&enumeration::COVERAGE_ENHANCEMENT_LEVEL), ZeroOrOne, O O OA;
};
