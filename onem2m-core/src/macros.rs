//! Shapes of numbered registries.

/// An enumeration of TS-0004 clause 6.3.4 that later releases may extend: every number has a
/// value, numbers without a name are `Unknown`.
macro_rules! open_enumeration {
    ($(#[$doc:meta])* $Name:ident { $($(#[$note:meta])* $variant:ident = $n:literal $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $Name {
            $(#[doc = concat!($text, " (", $n, ").")] $(#[$note])* $variant,)*
            /// A number without a name here. Made by `from_number`, which never puts a named
            /// number into it.
            Unknown(u32),
        }

        impl $Name {
            /// Every named value, in the order of the numbers.
            pub const ALL: &'static [$Name] = &[$($Name::$variant,)*];

            /// The value that `number` stands for.
            #[must_use]
            pub const fn from_number(number: u32) -> $Name {
                match number {
                    $($n => $Name::$variant,)*
                    other => $Name::Unknown(other),
                }
            }

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self {
                    $($Name::$variant => $n,)*
                    $Name::Unknown(n) => n,
                }
            }

            /// The standard's text for it; `None` for `Unknown`.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $($Name::$variant => Some($text),)*
                    $Name::Unknown(_) => None,
                }
            }
        }
    };
}

/// An enumeration that is complete: any other number is an error of the sender.
macro_rules! closed_enumeration {
    ($(#[$doc:meta])* $Name:ident { $($(#[$note:meta])* $variant:ident = $n:literal $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $Name {
            $(#[doc = concat!($text, " (", $n, ").")] $(#[$note])* $variant,)*
        }

        impl $Name {
            /// Every value, in the order of the numbers.
            pub const ALL: &'static [$Name] = &[$($Name::$variant,)*];

            /// The value that `number` stands for, `None` if there is none.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<$Name> {
                match number {
                    $($n => Some($Name::$variant),)*
                    _ => None,
                }
            }

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self {
                    $($Name::$variant => $n,)*
                }
            }

            /// The standard's text for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $($Name::$variant => $text,)*
                }
            }
        }
    };
}
