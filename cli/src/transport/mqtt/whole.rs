//! Bodies in one piece. Engines cut long bodies into blocks (RFC 7959), of which MQTT knows nothing:
//! what is between puts together what its own engine cuts, and asks it for the rest.

use coap_core::{Block, Code, Message, MessageType, MessageWriter, OptionNumber};
use lwm2m_core::mqtt::acknowledgement;
use std::collections::VecDeque;

/// Longest body.
const LONGEST: usize = 60_000;
/// Room for the head and the options of a message.
const HEAD: usize = 2048;
/// Requests of the other side that are kept for their answers, and those that observe.
const REQUESTS: usize = 8;
const OBSERVES: usize = 64;
/// Answers that are being put together.
const ANSWERS: usize = 8;
/// What the tokens of questions for the rest begin with.
const OWN: [u8; 4] = *b"rest";

/// What is done with a message of the engine.
pub(super) enum Step {
    /// It is published as it is.
    AsItIs,
    /// This is published in its place; the engine is told these.
    Whole(Vec<u8>, Vec<Vec<u8>>),
    /// The engine is told these, and nothing is published.
    Tell(Vec<Vec<u8>>),
}

/// An answer whose first block is there.
struct Answer {
    token: [u8; 8],
    /// The question that it answers, and its first block.
    question: Vec<u8>,
    first: Vec<u8>,
    body: Vec<u8>,
}

/// What is on the way on one topic.
#[derive(Default)]
pub(super) struct Whole {
    requests: VecDeque<Vec<u8>>,
    observes: VecDeque<Vec<u8>>,
    /// A request of the engine that comes in blocks: its options, and its body so far.
    upload: Option<(Vec<u8>, Vec<u8>)>,
    answers: VecDeque<Answer>,
    /// Counts questions for the rest.
    asked: u32,
}

impl Whole {
    /// A message for the engine.
    pub(super) fn note(&mut self, datagram: &[u8]) {
        let Ok(message) = Message::parse(datagram) else { return };
        if !matches!(message.code, Code::GET | Code::FETCH) {
            return;
        }
        let same = |kept: &Vec<u8>| token_of(kept) == Some(message.token);
        self.observes.retain(|kept| !same(kept));
        let (kept, most) = match message.options.uint(OptionNumber::OBSERVE) {
            Some(0) => (&mut self.observes, OBSERVES),
            _ => (&mut self.requests, REQUESTS),
        };
        if kept.len() >= most {
            kept.pop_front();
        }
        kept.push_back(datagram.to_vec());
    }

    /// A message of the engine.
    pub(super) fn step(&mut self, datagram: &[u8]) -> Step {
        let Ok(message) = Message::parse(datagram) else { return Step::AsItIs };
        let block = |number| message.options.uint(number).and_then(Block::from_uint);
        if message.code.is_request() {
            return match block(OptionNumber::BLOCK1) {
                Some(block) => self.upload(&message, block),
                None => Step::AsItIs,
            };
        }
        let at = self.answers.iter().position(|answer| answer.token == message.token);
        let block = block(OptionNumber::BLOCK2);
        let step = match (at.and_then(|at| self.answers.remove(at)), block) {
            (Some(answer), block) => self.rest(answer, &message, block),
            (None, Some(block)) if block.more && block.number == 0 => {
                self.begin(datagram, &message, block)
            }
            _ => Some(Step::AsItIs),
        };
        let mut step = step.unwrap_or_else(|| Step::Tell(Vec::new()));
        // Who waits for an acknowledgement has it at once.
        if let (Step::Tell(told) | Step::Whole(_, told), Some(ack)) =
            (&mut step, acknowledgement(datagram))
        {
            told.insert(0, ack.to_vec());
        }
        step
    }

    /// A block of a request.
    fn upload(&mut self, message: &Message<'_>, block: Block) -> Step {
        let options = message.options.iter().filter(|o| !SIZES.contains(&o.number));
        let key: Vec<u8> =
            options.flat_map(|o| [&o.number.0.to_be_bytes(), o.value].concat()).collect();
        let refuse = |code| Step::Tell(answer(message, code, None).into_iter().collect());
        if block.number == 0 {
            self.upload = Some((key.clone(), Vec::new()));
        }
        let upload =
            self.upload.as_mut().filter(|(of, body)| *of == key && body.len() == block.offset());
        let Some((_, body)) = upload else { return refuse(Code::REQUEST_ENTITY_INCOMPLETE) };
        body.extend_from_slice(message.payload);
        if body.len() > LONGEST {
            self.upload = None;
            return refuse(Code::REQUEST_ENTITY_TOO_LARGE);
        }
        if block.more {
            return Step::Tell(answer(message, Code::CONTINUE, Some(block)).into_iter().collect());
        }
        let body = self.upload.take().map(|(_, body)| body).unwrap_or_default();
        match copy(message, message.message_type, message.id, message.token, None, &body) {
            Some(whole) => {
                let ack = acknowledgement(&whole).map(|ack| ack.to_vec());
                Step::Whole(whole, ack.into_iter().collect())
            }
            None => refuse(Code::REQUEST_ENTITY_TOO_LARGE),
        }
    }

    /// The first block of an answer.
    fn begin(&mut self, datagram: &[u8], message: &Message<'_>, block: Block) -> Option<Step> {
        let mut kept = self.requests.iter().chain(&self.observes);
        let question = kept.find(|kept| token_of(kept) == Some(message.token))?.clone();
        let (first, body) = (datagram.to_vec(), message.payload.to_vec());
        if self.answers.len() >= ANSWERS {
            self.answers.pop_front();
        }
        self.ask(Answer { token: [0; 8], question, first, body }, block)
    }

    /// A later one.
    fn rest(
        &mut self,
        mut answer: Answer,
        message: &Message<'_>,
        block: Option<Block>,
    ) -> Option<Step> {
        let block = block.filter(|block| block.offset() == answer.body.len())?;
        answer.body.extend_from_slice(message.payload);
        let tag =
            |message: &Message<'_>| message.options.first(OptionNumber::ETAG).map(<[u8]>::to_vec);
        let same = Message::parse(&answer.first).is_ok_and(|first| tag(&first) == tag(message));
        if !message.code.is_success() || !same || answer.body.len() > LONGEST {
            return None;
        }
        if block.more {
            return self.ask(answer, block);
        }
        let first = Message::parse(&answer.first).ok()?;
        let (of, id) = (first.message_type, first.id);
        let whole = copy(&first, of, id, first.token, None, &answer.body)?;
        Some(Step::Whole(whole, Vec::new()))
    }

    /// Asks the engine for what follows a block.
    fn ask(&mut self, mut answer: Answer, block: Block) -> Option<Step> {
        self.asked = self.asked.wrapping_add(1);
        let [a, b, c, d] = self.asked.to_be_bytes();
        let [o, p, q, r] = OWN;
        answer.token = [o, p, q, r, a, b, c, d];
        let next = Block { number: block.number + 1, more: false, szx: block.szx };
        let question = Message::parse(&answer.question).ok()?;
        // The mapping counts from the other end.
        let id = u16::from_be_bytes([0x80 | c, d]);
        let confirmable = MessageType::Confirmable;
        let ask = copy(&question, confirmable, id, &answer.token, Some(next), question.payload)?;
        self.answers.push_back(answer);
        Some(Step::Tell(vec![ask]))
    }
}

/// Options that say something of blocks, and Observe of a question for the rest.
const SIZES: [OptionNumber; 4] =
    [OptionNumber::BLOCK1, OptionNumber::BLOCK2, OptionNumber::SIZE1, OptionNumber::SIZE2];

fn token_of(datagram: &[u8]) -> Option<&[u8]> {
    Message::parse(datagram).ok().map(|message| message.token)
}

/// The same message with another body, without the options about blocks; as a question for a block
/// it does not observe.
fn copy(
    message: &Message<'_>,
    message_type: MessageType,
    id: u16,
    token: &[u8],
    block2: Option<Block>,
    body: &[u8],
) -> Option<Vec<u8>> {
    let mut buf = vec![0; HEAD + body.len()];
    let code = message.code;
    let mut writer = MessageWriter::in_buffer(&mut buf, message_type, code, id, token).ok()?;
    let mut block2 = block2.map(Block::to_uint);
    let asks = block2.is_some();
    for option in message.options.iter() {
        if option.number > OptionNumber::BLOCK2
            && let Some(value) = block2.take()
        {
            writer.option_uint(OptionNumber::BLOCK2, value).ok()?;
        }
        let observes = asks && option.number == OptionNumber::OBSERVE;
        if !observes && !SIZES.contains(&option.number) {
            writer.option(option.number, option.value).ok()?;
        }
    }
    if let Some(value) = block2 {
        writer.option_uint(OptionNumber::BLOCK2, value).ok()?;
    }
    Some(writer.finish(body).ok()?.written().to_vec())
}

/// An answer to a request of the engine.
fn answer(message: &Message<'_>, code: Code, block1: Option<Block>) -> Option<Vec<u8>> {
    let mut buf = [0; 64];
    let ack = MessageType::Acknowledgement;
    let mut writer =
        MessageWriter::in_buffer(&mut buf, ack, code, message.id, message.token).ok()?;
    if let Some(block) = block1 {
        writer.option_uint(OptionNumber::BLOCK1, block.to_uint()).ok()?;
    }
    Some(writer.finish(&[]).ok()?.written().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: OptionNumber = OptionNumber::URI_PATH;

    fn message(
        kind: MessageType,
        code: Code,
        token: &[u8],
        options: &[(OptionNumber, u32)],
        body: &[u8],
    ) -> Vec<u8> {
        let mut buf = vec![0; 4096];
        let mut writer = MessageWriter::in_buffer(&mut buf, kind, code, 77, token).unwrap();
        for (number, value) in options {
            if *number == PATH {
                writer.option(PATH, value.to_string().as_bytes()).unwrap();
            } else {
                writer.option_uint(*number, *value).unwrap();
            }
        }
        writer.finish(body).unwrap().written().to_vec()
    }

    fn block(number: u32, more: bool) -> u32 {
        Block { number, more, szx: 0 }.to_uint()
    }

    /// A piece of a write, 16 bytes each.
    fn piece(path: u32, number: u32, more: bool) -> Vec<u8> {
        let options = [(PATH, path), (OptionNumber::BLOCK1, block(number, more))];
        let body = [u8::try_from(number).unwrap(); 16];
        message(MessageType::Confirmable, Code::PUT, &[1], &options, &body)
    }

    fn told(step: Step) -> Vec<(Code, Option<u32>)> {
        let Step::Tell(told) = step else { panic!("something is published") };
        let read = |message: &Vec<u8>| {
            let message = Message::parse(message).unwrap();
            (message.code, message.options.uint(OptionNumber::BLOCK1))
        };
        told.iter().map(read).collect()
    }

    #[test]
    fn rfc7959_2_5_a_request_in_blocks_is_published_once() {
        let mut whole = Whole::default();
        for n in 0..2 {
            let told = told(whole.step(&piece(3, n, true)));
            assert_eq!(told, [(Code::CONTINUE, Some(block(n, true)))]);
        }
        let Step::Whole(published, acks) = whole.step(&piece(3, 2, false)) else { panic!() };
        let published = Message::parse(&published).unwrap();
        assert_eq!(published.payload, [[0; 16], [1; 16], [2; 16]].concat());
        assert!(published.options.iter().all(|o| o.number == PATH));
        assert_eq!((published.id, published.token, acks.len()), (77, &[1][..], 1));
        // A block without the one before, or of another request.
        for wrong in [piece(3, 2, false), piece(3, 1, true)] {
            let told = told(whole.step(&wrong));
            assert_eq!(told, [(Code::REQUEST_ENTITY_INCOMPLETE, None)]);
        }
        told(whole.step(&piece(3, 0, true)));
        assert_eq!(
            told(whole.step(&piece(4, 1, false))),
            [(Code::REQUEST_ENTITY_INCOMPLETE, None)]
        );
    }

    #[test]
    fn rfc7959_2_4_what_follows_the_first_block_of_an_answer_is_asked_for() {
        let observe = OptionNumber::OBSERVE;
        let mut whole = Whole::default();
        let ask = [(observe, 0), (PATH, 3), (OptionNumber::ACCEPT, 112)];
        whole.note(&message(MessageType::Confirmable, Code::GET, &[9], &ask, &[]));
        // A notification: it is acknowledged, and its rest asked for, without observing again.
        let options = [(observe, 5), (OptionNumber::BLOCK2, block(0, true))];
        let first = message(MessageType::Confirmable, Code::CONTENT, &[9], &options, &[0; 16]);
        let Step::Tell(told) = whole.step(&first) else { panic!() };
        let [ack, question] = &told[..] else { panic!("{told:?}") };
        assert_eq!(ack[..], [0x60, 0, 0, 77]);
        let question = Message::parse(question).unwrap();
        assert_eq!(question.options.uint(OptionNumber::BLOCK2), Some(block(1, false)));
        assert_eq!(question.options.uint(OptionNumber::ACCEPT), Some(112));
        assert!(question.options.first(observe).is_none());
        let options = [(OptionNumber::BLOCK2, block(1, false))];
        let kind = MessageType::Acknowledgement;
        let last = message(kind, Code::CONTENT, question.token, &options, &[1; 3]);
        let Step::Whole(published, acks) = whole.step(&last) else { panic!() };
        let published = Message::parse(&published).unwrap();
        assert_eq!((published.token, published.payload.len(), acks.len()), (&[9][..], 19, 0));
        assert_eq!(published.options.uint(observe), Some(5));
        assert!(published.options.first(OptionNumber::BLOCK2).is_none());
        // Nobody asked for this one; and a rest that is refused ends it.
        let options = [(OptionNumber::BLOCK2, block(0, true))];
        let alien = message(kind, Code::CONTENT, &[8], &options, &[0; 16]);
        assert!(matches!(whole.step(&alien), Step::Tell(told) if told.is_empty()));
        let Step::Tell(asked) = whole.step(&first) else { panic!() };
        let token = Message::parse(&asked[1]).unwrap().token.to_vec();
        let refused = message(kind, Code::NOT_FOUND, &token, &[], &[]);
        assert!(matches!(whole.step(&refused), Step::Tell(told) if told.is_empty()));
        assert!(whole.answers.is_empty());
    }
}
