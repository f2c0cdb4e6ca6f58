//! Specialisations of mgmtObj (TS-0004 annex D, table 8.2.4-1).

macro_rules! mgmt_definitions {
    ($($variant:ident = $n:literal $long:literal $member:literal;)*) => {
        open_enumeration! {
            /// Which management object a mgmtObj is (m2m:mgmtDefinition, TS-0004 clause
            /// 6.3.4.2.22). Attribute `mgd`.
            MgmtDefinition { $($variant = $n $long;)* }
        }

        impl MgmtDefinition {
            /// The member name in `pc`, such as "m2m:bat"; `None` for self-defined objects and
            /// those whose name this table does not have.
            #[must_use]
            pub const fn member_name(self) -> Option<&'static str> {
                let member = match self {
                    $(MgmtDefinition::$variant => $member,)*
                    MgmtDefinition::Unknown(_) => "",
                };
                if member.is_empty() { None } else { Some(member) }
            }
        }
    };
}

mgmt_definitions! {
    SelfDefined = 0 "Self-defined" "";
    Firmware = 1001 "firmware" "m2m:fwr";
    Software = 1002 "software" "m2m:swr";
    Memory = 1003 "memory" "m2m:mem";
    AreaNwkInfo = 1004 "areaNwkInfo" "m2m:ani";
    AreaNwkDeviceInfo = 1005 "areaNwkDeviceInfo" "m2m:andi";
    Battery = 1006 "battery" "m2m:bat";
    DeviceInfo = 1007 "deviceInfo" "m2m:dvi";
    DeviceCapability = 1008 "deviceCapability" "m2m:dvc";
    Reboot = 1009 "reboot" "m2m:rbo";
    EventLog = 1010 "eventLog" "m2m:evl";
    CmdhPolicy = 1011 "cmdhPolicy" "m2m:cmp";
    ActiveCmdhPolicy = 1012 "activeCmdhPolicy" "m2m:acmp";
    CmdhDefaults = 1013 "cmdhDefaults" "m2m:cmdf";
    CmdhDefEcValue = 1014 "cmdhDefEcValue" "m2m:cmdv";
    CmdhEcDefParamValues = 1015 "cmdhEcDefParamValues" "m2m:cmpv";
    CmdhLimits = 1016 "cmdhLimits" "m2m:cml";
    CmdhNetworkAccessRules = 1017 "cmdhNetworkAccessRules" "m2m:cmnr";
    CmdhNwAccessRule = 1018 "cmdhNwAccessRule" "m2m:cmwr";
    CmdhBuffer = 1019 "cmdhBuffer" "m2m:cmbf";
    Registration = 1020 "registration" "";
    DataCollection = 1021 "dataCollection" "dcfg:datc";
    AuthenticationProfile = 1022 "authenticationProfile" "";
    MyCertFileCred = 1023 "myCertFileCred" "dcfg:nycfc";
    TrustAnchorCred = 1024 "trustAnchorCred" "";
    MafClientRegCfg = 1025 "MAFClientRegCfg" "";
    MefClientRegCfg = 1026 "MEFClientRegCfg" "";
    OAuth2Authentication = 1027 "OAuth2Authentication" "";
    WifiClient = 1028 "wifiClient" "dcfg:wific";
    Credentials = 1029 "credentials" "dcfg:crds";
    Sim = 1030 "SIM" "dcfg:sim";
    MobileNetwork = 1031 "mobileNetwork" "dcfg:mnwk";
}

impl MgmtDefinition {
    /// The definition whose member name is `member`, announced or not ("m2m:bat", "m2m:batA").
    #[must_use]
    pub fn from_member_name(member: &str) -> Option<MgmtDefinition> {
        let named = |text: &str| {
            MgmtDefinition::ALL.iter().copied().find(|mgd| mgd.member_name() == Some(text))
        };
        named(member).or_else(|| named(member.strip_suffix('A')?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ts_0004_8_2_4_specialisation_names() {
        assert_eq!(MgmtDefinition::from_member_name("m2m:bat"), Some(MgmtDefinition::Battery));
        assert_eq!(MgmtDefinition::from_member_name("m2m:batA"), Some(MgmtDefinition::Battery));
        assert_eq!(MgmtDefinition::from_member_name("m2m:batAA"), None);
        assert_eq!(MgmtDefinition::from_member_name(""), None);
        assert_eq!(MgmtDefinition::from_member_name("A"), None);
        assert_eq!(MgmtDefinition::SelfDefined.member_name(), None);
        for mgd in MgmtDefinition::ALL {
            assert_eq!(MgmtDefinition::from_number(mgd.number()), *mgd);
            if let Some(member) = mgd.member_name() {
                assert_eq!(MgmtDefinition::from_member_name(member), Some(*mgd));
            }
        }
    }
}
