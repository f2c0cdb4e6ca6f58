//! Values kept with the time at which they were so: notifications that cannot be sent now, and what
//! Send is to report.

use alloc::vec::Vec;

#[cfg(feature = "restore")]
use super::kept::Numbers;
#[cfg(feature = "storing")]
use m2m_base::Counter;
use m2m_base::container::Reserve;
use m2m_base::{Full, Instant, Reader, Sink, SliceSink, UnixTime};

use crate::format::{Item, ItemContent, Timestamp, tlv};
use crate::{DataType, Path, Value};

/// Bytes of a group besides its values: its length, its owner, its time, the number of its record.
pub(super) const HEAD: usize = if cfg!(feature = "restore") { 14 } else { 12 };
/// In the length of a group: it is on its way.
#[cfg(feature = "storing")]
const SENT: u16 = 0x8000;
/// In the length of a group: its record is stored.
#[cfg(feature = "restore")]
pub(super) const STORED: u16 = 0x4000;
/// The rest of it, which is the most that a group may have.
const LENGTH: u16 = 0x3fff;

/// Types of values: each is written as the number of its place here.
const TYPES: [DataType; 9] = [
    DataType::String,
    DataType::Integer,
    DataType::Unsigned,
    DataType::Float,
    DataType::Boolean,
    DataType::Opaque,
    DataType::Time,
    DataType::ObjectLink,
    DataType::CoreLink,
];

/// Bytes in front of a value: its path, the number of its type, and its length.
const ITEM_HEAD: usize = 11;

/// Groups of values, each of one time and one owner, in the order in which they came.
#[derive(Debug)]
pub(super) struct History {
    pub(super) bytes: Vec<u8>,
    pub(super) used: usize,
    /// Of its records.
    #[cfg(feature = "restore")]
    pub(super) numbers: Numbers,
}

/// When something was so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Moment {
    /// By the clock of the client.
    At(Instant),
    /// By the clock on the wall, in milliseconds: before the last restart.
    #[cfg(feature = "restore")]
    Wall(i64),
}

impl Moment {
    /// By the clock of the client; what was before the last restart, at its beginning.
    pub(super) const fn instant(self) -> Instant {
        match self {
            Moment::At(at) => at,
            #[cfg(feature = "restore")]
            Moment::Wall(_) => Instant::ZERO,
        }
    }
}

/// The values of one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group<'a> {
    pub(super) owner: u16,
    /// Its time, as it lies there.
    #[cfg(feature = "restore")]
    pub(super) word: u64,
    pub(super) time: Moment,
    pub(super) items: &'a [u8],
    /// Where it ends.
    pub(super) end: usize,
    #[cfg(feature = "restore")]
    pub(super) is_stored: bool,
    #[cfg(feature = "restore")]
    pub(super) number: u16,
}

impl History {
    #[inline(always)]
    pub(super) const fn empty() -> History {
        History {
            bytes: Vec::new(),
            used: 0,
            #[cfg(feature = "restore")]
            numbers: Numbers::empty(),
        }
    }

    pub(super) fn reserve(&mut self, size: u32, reservation: &mut impl Reserve) {
        reservation.fill(&mut self.bytes, 0, size as usize);
    }

    pub(super) fn all(&self) -> Groups<'_> {
        Groups {
            bytes: self.bytes.get(..self.used).unwrap_or(&[]),
            at: 0,
            #[cfg(feature = "restore")]
            restored: self.numbers.restored,
        }
    }

    /// The groups of an owner, oldest first.
    pub(super) fn groups(&self, owner: u16) -> impl Iterator<Item = Group<'_>> + Clone {
        self.all().filter(move |group| group.owner == owner)
    }

    /// The values of the first groups of an owner, with their times if they are to be told.
    pub(super) fn items(&self, owner: u16, groups: usize, clock: Option<Clock>) -> Kept<'_> {
        let items = Items::new(&[]);
        Kept { groups: self.all(), owner, left: groups, clock, items }
    }

    /// There is a group of this owner.
    pub(super) fn has(&self, owner: u16) -> bool {
        self.used > 0 && self.groups(owner).next().is_some()
    }

    /// Adds a group, if there is room for it.
    pub(super) fn push<'a>(
        &mut self,
        owner: u16,
        time: Instant,
        items: impl Iterator<Item = Item<'a>>,
    ) -> Result<(), Full> {
        let room = self.bytes.get_mut(self.used..).unwrap_or_default();
        let (head, room) = room.split_first_chunk_mut::<HEAD>().ok_or(Full)?;
        let mut sink = SliceSink::new(room);
        write_items(items, &mut sink)?;
        let all = sink.len().saturating_add(HEAD);
        let len = u16::try_from(all).ok().filter(|len| *len <= LENGTH).ok_or(Full)?;
        let mut sink = SliceSink::new(head);
        sink.put(&len.to_be_bytes())?;
        sink.put(&owner.to_be_bytes())?;
        sink.put(&time.as_millis().to_be_bytes())?;
        #[cfg(feature = "restore")]
        sink.put(&self.numbers.take().ok_or(Full)?.to_be_bytes())?;
        self.used = self.used.saturating_add(all);
        Ok(())
    }

    /// Adds a group in the place of older ones: so that the owner has no more than `most`, and
    /// there is room for it, at first at the expense of the owner itself. False if it does not fit
    /// at all.
    #[cfg(feature = "storing")]
    pub(super) fn replace<'a>(
        &mut self,
        owner: u16,
        time: Instant,
        items: impl Iterator<Item = Item<'a>> + Clone,
        most: usize,
    ) -> bool {
        let mut counter = Counter::new();
        let fits = write_items(items.clone(), &mut counter).is_ok()
            && counter.len().saturating_add(HEAD) <= self.bytes.len().min(LENGTH.into());
        if most == 0 || !fits {
            return false;
        }
        while self.groups(owner).count() >= most {
            self.pop(owner);
        }
        while self.push(owner, time, items.clone()).is_err() {
            let oldest = match self.all().next() {
                Some(_) if self.has(owner) => owner,
                Some(group) => group.owner,
                None => return false,
            };
            self.pop(oldest);
        }
        true
    }

    /// Removes the oldest group of an owner; false if there is none.
    pub(super) fn pop(&mut self, owner: u16) -> bool {
        let Some(group) = self.groups(owner).next() else { return false };
        let (end, len) = (group.end, group.items.len().saturating_add(HEAD));
        #[cfg(feature = "restore")]
        let number = group.number;
        let from = end.saturating_sub(len);
        self.bytes.copy_within(end..self.used, from);
        self.used = self.used.saturating_sub(len);
        #[cfg(feature = "restore")]
        self.numbers.give(number);
        true
    }

    /// Marks the oldest groups of an owner: they are on their way.
    #[cfg(feature = "storing")]
    pub(super) fn mark_sent(&mut self, owner: u16, groups: usize) {
        let mut marked = 0;
        self.change(owner, |len, owner| {
            marked += 1;
            if marked <= groups { (len | SENT, owner) } else { (len, owner) }
        });
    }

    /// What was on its way has arrived, and need not be kept any more.
    #[cfg(feature = "storing")]
    pub(super) fn arrived(&mut self, owner: u16) {
        let mut sent = 0;
        self.change(owner, |len, owner| {
            sent += usize::from(len & SENT != 0);
            (len, owner)
        });
        for _ in 0..sent {
            self.pop(owner);
        }
    }

    /// What was on its way may not have arrived. All of it is another owner's from now on.
    #[cfg(feature = "storing")]
    pub(super) fn hand_over(&mut self, owner: u16, heir: u16) {
        #[cfg(feature = "restore")]
        self.numbers.changed();
        // Its record names the owner.
        let kept = if owner == heir { !SENT } else { LENGTH };
        self.change(owner, |len, _| (len & kept, heir));
    }

    /// Changes the length with its mark, and the owner, of each group of an owner.
    #[cfg(feature = "storing")]
    pub(super) fn change(&mut self, owner: u16, mut change: impl FnMut(u16, u16) -> (u16, u16)) {
        let mut at = 0usize;
        while at < self.used {
            let Some([a, b, c, d]) = self.bytes.get_mut(at..).and_then(|b| b.first_chunk_mut())
            else {
                return;
            };
            let (len, of) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
            if of == owner {
                let (len, of) = change(len, of);
                ([*a, *b], [*c, *d]) = (len.to_be_bytes(), of.to_be_bytes());
            }
            at = at.saturating_add(usize::from(len & LENGTH).max(HEAD));
        }
    }

    /// Removes all of an owner.
    pub(super) fn forget(&mut self, owner: u16) {
        while self.pop(owner) {}
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Groups<'a> {
    bytes: &'a [u8],
    at: usize,
    /// When there was the last restart.
    #[cfg(feature = "restore")]
    restored: Option<Instant>,
}

impl<'a> Iterator for Groups<'a> {
    type Item = Group<'a>;

    fn next(&mut self) -> Option<Group<'a>> {
        let (first, rest) = self.bytes.get(self.at..)?.split_first_chunk::<12>()?;
        let (first, word) = first.split_first_chunk()?;
        let [a, b, c, d] = *first;
        let (head, owner) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let word = u64::from_be_bytes(*word.first_chunk()?);
        #[cfg(feature = "restore")]
        let (number, rest) = rest.split_first_chunk()?;
        #[cfg(feature = "restore")]
        let (number, time) =
            (u16::from_be_bytes(*number), super::kept::moment(word, self.restored));
        #[cfg(not(feature = "restore"))]
        let time = Moment::At(Instant::from_millis(word));
        let len = usize::from(head & LENGTH);
        let items = rest.get(..len.checked_sub(HEAD)?)?;
        self.at = self.at.saturating_add(len);
        Some(Group {
            owner,
            #[cfg(feature = "restore")]
            word,
            time,
            items,
            end: self.at,
            #[cfg(feature = "restore")]
            is_stored: head & STORED != 0,
            #[cfg(feature = "restore")]
            number,
        })
    }
}

/// The values of an owner's groups.
#[derive(Clone, Debug)]
pub(super) struct Kept<'a> {
    groups: Groups<'a>,
    owner: u16,
    /// Groups still to come.
    left: usize,
    /// By which times are told.
    clock: Option<Clock>,
    /// What is left of a group.
    items: Items<'a>,
}

impl<'a> Iterator for Kept<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        while self.items.is_over() {
            self.left = self.left.checked_sub(1)?;
            let group = self.groups.find(|group| group.owner == self.owner)?;
            self.items.time = self.clock.map(|clock| clock.tell(group.time));
            self.items.reader = Reader::new(group.items);
        }
        self.items.next()
    }
}

/// How times are told: as of now, or by the wall clock where the client knows what time it is. That
/// is right also when the message arrives late.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Clock {
    pub(super) now: Instant,
    pub(super) wall: Option<UnixTime>,
}

impl Clock {
    /// A time, in seconds to three places.
    fn tell(self, time: Moment) -> Timestamp {
        let seconds = |ms| {
            let number = senml::Number::from_decimal(ms, -3);
            number.unwrap_or(senml::Number::Integer(0))
        };
        #[cfg(feature = "restore")]
        if let Moment::Wall(ms) = time {
            return Timestamp::Absolute(seconds(ms));
        }
        let time = time.instant();
        let age = self.now.since(time).as_millis().cast_signed();
        match self.wall.map(|wall| wall.as_millis().wrapping_sub(age)) {
            // Smaller numbers say how long ago it was (RFC 8428, 4.5.3).
            Some(ms) if ms >= 1000 << 28 => Timestamp::Absolute(seconds(ms)),
            _ => Timestamp::Relative(seconds(age.wrapping_neg())),
        }
    }
}

/// Values as they lie in a group.
#[derive(Clone, Debug)]
pub(super) struct Items<'a> {
    reader: Reader<'a>,
    /// When they were so, if that is to be told.
    time: Option<Timestamp>,
}

impl<'a> Items<'a> {
    /// Those that [`write_items`] wrote.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Items { reader: Reader::new(bytes), time: None }
    }

    /// There is nothing behind the last.
    pub(super) fn is_over(&self) -> bool {
        self.reader.is_empty()
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let head = self.reader.take(ITEM_HEAD).ok()?;
        let (path, head) = head.split_first_chunk()?;
        let [kind, a, b] = *head.first_chunk()?;
        let bytes = self.reader.take(u16::from_be_bytes([a, b]).into()).ok()?;
        let mut content = ItemContent::Empty;
        if let Some(data_type) = TYPES.get(usize::from(kind)) {
            let mut value = Value::None;
            tlv::decode(bytes, *data_type, &mut value).ok()?;
            content = ItemContent::Value(value);
        }
        Some(Item { path: Path::from_bytes(*path)?, content, time: self.time })
    }
}

pub(super) fn write_items<'a>(
    items: impl Iterator<Item = Item<'a>>,
    sink: &mut dyn Sink,
) -> Result<(), Full> {
    for item in items {
        sink.put(&item.path.to_bytes())?;
        match &item.content {
            ItemContent::Value(value) => {
                sink.put_u8(value.data_type() as u8)?;
                let len = |len, sink: &mut dyn Sink| {
                    Ok(sink.put(&u16::try_from(len).map_err(|_| Full)?.to_be_bytes())?)
                };
                tlv::put_value(value, sink, &len).map_err(|_| Full)?;
            }
            ItemContent::Empty => sink.put(&[u8::MAX, 0, 0])?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ObjectLink;
    use m2m_base::container::Reservation;
    use std::vec::Vec;

    fn at(s: u64) -> Instant {
        Instant::from_millis(s * 1000)
    }

    fn one(n: i64) -> [Item<'static>; 1] {
        [Item::value(Path::resource(3303, 0, 5700), Value::Integer(n))]
    }

    fn numbers(history: &History, owner: u16) -> Vec<i64> {
        history
            .items(owner, usize::MAX, None)
            .map(|item| match item.content {
                ItemContent::Value(Value::Integer(n)) => n,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn every_type_comes_back() {
        let items: Vec<Item<'_>> = (0..)
            .zip([
                Value::Integer(i64::MIN),
                Value::Unsigned(u64::MAX),
                Value::Float(-0.5),
                Value::Boolean(true),
                Value::Boolean(false),
                Value::Time(-1),
                Value::ObjectLink(ObjectLink { object: 66, instance: 65535 }),
                Value::string(""),
                Value::string("a text of some length"),
                Value::core_link("</3/0>;x"),
                Value::opaque(&[255; 300]),
            ])
            .map(|(id, value)| Item::value(Path::resource(1, 0, id), value))
            .chain([Item::empty(Path::instance(4, 7))])
            .collect();
        let mut history = History::empty();
        history.reserve(1000, &mut Reservation::new());
        history.push(7, at(5), items.iter().copied()).unwrap();
        assert_eq!(history.items(7, 1, None).collect::<Vec<_>>(), items);
        for (wall, expected) in [
            (None, Timestamp::Relative(senml::Number::Integer(-60))),
            (Some(5), Timestamp::Relative(senml::Number::Integer(-60))),
            (Some(1_700_000_065), Timestamp::Absolute(senml::Number::Integer(1_700_000_005))),
        ] {
            let clock = Clock { now: at(65), wall: wall.map(UnixTime::from_secs) };
            let mut timed = history.items(7, 1, Some(clock));
            assert_eq!(timed.next().unwrap().time, Some(expected));
        }
    }

    #[test]
    fn what_is_on_its_way_stays_until_it_has_arrived() {
        let mut history = History::empty();
        history.reserve(300, &mut Reservation::new());
        for n in 0..4 {
            history.push(1, at(0), one(10 + n).into_iter()).unwrap();
            history.push(2, at(0), one(20 + n).into_iter()).unwrap();
        }
        history.mark_sent(1, 2);
        assert_eq!(numbers(&history, 1), [10, 11, 12, 13]);
        history.arrived(2);
        history.arrived(1);
        assert_eq!((numbers(&history, 1), numbers(&history, 2).len()), ([12, 13].into(), 4));
        history.mark_sent(1, 1);
        history.hand_over(1, 7);
        history.arrived(7);
        assert_eq!((numbers(&history, 1), numbers(&history, 7)), ([].into(), [12, 13].into()));
    }

    #[test]
    fn an_owner_makes_room_for_itself_first() {
        // Of the group, and of a value.
        let mut history = History::empty();
        history.reserve(3 * u32::try_from(HEAD + ITEM_HEAD + 1).unwrap(), &mut Reservation::new());
        assert!(history.replace(1, at(0), one(10).into_iter(), usize::MAX));
        assert!(history.replace(2, at(1), one(20).into_iter(), usize::MAX));
        assert!(history.replace(1, at(2), one(11).into_iter(), usize::MAX));
        assert!(history.push(3, at(3), one(30).into_iter()).is_err());
        assert!(history.replace(1, at(3), one(12).into_iter(), usize::MAX));
        assert_eq!((numbers(&history, 1), numbers(&history, 2)), ([11, 12].into(), [20].into()));
        // One that has nothing takes the place of the oldest.
        assert!(history.replace(3, at(4), one(30).into_iter(), usize::MAX));
        assert_eq!((numbers(&history, 1), numbers(&history, 2)), ([11, 12].into(), [].into()));
        // As many as are wanted.
        assert!(history.replace(1, at(5), one(13).into_iter(), 1));
        assert_eq!(numbers(&history, 1), [13]);
        assert!(!history.replace(1, at(6), one(14).into_iter(), 0));
        let long = [0; 100];
        let item = Item::value(Path::resource(1, 0, 0), Value::opaque(&long));
        assert!(!history.replace(1, at(7), [item].into_iter(), 9));
        assert_eq!((numbers(&history, 1), numbers(&history, 3)), ([13].into(), [30].into()));
        history.forget(3);
        history.pop(1);
        assert_eq!(history.used, 0);
    }
}
