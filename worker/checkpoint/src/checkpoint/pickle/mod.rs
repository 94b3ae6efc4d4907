//! A reader of pickles that executes nothing: a stack machine over the operations that torch and Python's protocols 2 to 5 write,
//! and a closed list of constructors. Work and memory are bounded by the length of the input.

mod constructors;
mod input;
mod value;

use std::collections::HashMap;

pub(crate) use constructors::{Constructor, StorageType};
use input::Input;
pub(crate) use value::{Arena, Id, Value};

/// Why a pickle is not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("its pickle is cut off")]
    CutOff,
    #[error("its pickle is larger than that of any checkpoint")]
    TooLarge,
    #[error("its pickle is damaged: {0}")]
    Damaged(&'static str),
    #[error("its pickle has the operation {0:#04x}, which no checkpoint needs")]
    Operation(u8),
    #[error(
        "it asks for `{0}`, which no checkpoint needs: the file may be hostile, and nothing of it was executed"
    )]
    Refused(String),
}

/// Reads a pickle; the value is its root.
pub(crate) fn read(bytes: &[u8]) -> Result<(Arena, Id), Fault> {
    let mut machine = Machine::default();
    let mut input = Input::new(bytes);
    loop {
        let operation = input.u8()?;
        if operation == b'.' {
            let root = machine.pop()?;
            return Ok((machine.arena, root));
        }
        machine.step(operation, &mut input)?;
    }
}

#[derive(Default)]
struct Machine {
    arena: Arena,
    stack: Vec<Id>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl Machine {
    fn step(&mut self, operation: u8, input: &mut Input<'_>) -> Result<(), Fault> {
        match operation {
            // PROTO and FRAME
            0x80 => input.take(1).map(drop),
            0x95 => input.take(8).map(drop),
            b'(' => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            // POP; BUILD gives an object its attributes, which nobody reads.
            b'0' | b'b' => self.pop().map(drop),
            b'1' => self.pop_to_mark().map(drop),
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.memo(operation, input),
            b')' | b't' | 0x85..=0x87 | b']' | b'l' | b'}' | b'd' | 0x8f => {
                self.collection(operation)
            }
            b'a' | b'e' | b's' | b'u' | 0x90 => self.fill(operation),
            b'c' => {
                let (module, name) = (input.line()?, input.line()?);
                self.constructor(&module, &name)
            }
            0x93 => self.stack_global(),
            b'R' | 0x81 => self.construct(),
            b'Q' => {
                let name = self.pop()?;
                self.push(Value::Storage(name))
            }
            _ => self.literal(operation, input),
        }
    }

    fn push(&mut self, value: Value) -> Result<(), Fault> {
        let id = self.arena.add(value)?;
        self.stack.push(id);
        Ok(())
    }

    fn pop(&mut self) -> Result<Id, Fault> {
        // What lies below a mark belongs to the collection around it.
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(Fault::Damaged("the stack is empty"));
        }
        self.stack.pop().ok_or(Fault::Damaged("the stack is empty"))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>, Fault> {
        let mark = self
            .marks
            .pop()
            .ok_or(Fault::Damaged("a mark is missing"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn last(&self) -> Result<Id, Fault> {
        let last = self.stack.last().copied();
        last.ok_or(Fault::Damaged("the stack is empty"))
    }

    fn memo(&mut self, operation: u8, input: &mut Input<'_>) -> Result<(), Fault> {
        let number = match operation {
            b'q' | b'h' => u32::from(input.u8()?),
            b'r' | b'j' => input.u32()?,
            _ => self.memo.len() as u32,
        };
        if matches!(operation, b'h' | b'j') {
            let known = self.memo.get(&number).copied();
            self.stack
                .push(known.ok_or(Fault::Damaged("it recalls what it never kept"))?);
        } else {
            self.memo.insert(number, self.last()?);
        }
        Ok(())
    }

    fn collection(&mut self, operation: u8) -> Result<(), Fault> {
        let value = match operation {
            b')' => Value::Tuple(Vec::new()),
            b't' => Value::Tuple(self.pop_to_mark()?),
            0x85..=0x87 => {
                let mut items = Vec::new();
                for _ in 0x85..=operation {
                    items.push(self.pop()?);
                }
                items.reverse();
                Value::Tuple(items)
            }
            b']' => Value::List(Vec::new()),
            b'l' => Value::List(self.pop_to_mark()?),
            b'}' => Value::Dict(Vec::new()),
            b'd' => Value::Dict(pairs(&self.pop_to_mark()?)?),
            _ => Value::Other,
        };
        self.push(value)
    }

    /// Puts items into the collection under them.
    fn fill(&mut self, operation: u8) -> Result<(), Fault> {
        let items = match operation {
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.pop_to_mark()?,
        };
        let target = self.last()?;
        match self.arena.get_mut(target) {
            Some(Value::List(list)) if operation != b's' && operation != b'u' => list.extend(items),
            Some(Value::Dict(dict)) if matches!(operation, b's' | b'u') => {
                dict.extend(pairs(&items)?);
            }
            Some(Value::Other) => {}
            _ => return Err(Fault::Damaged("it fills what is no collection")),
        }
        Ok(())
    }

    fn constructor(&mut self, module: &str, name: &str) -> Result<(), Fault> {
        let constructor = constructors::find(module, name)?;
        self.push(Value::Constructor(constructor))
    }

    fn stack_global(&mut self) -> Result<(), Fault> {
        let (name, module) = (self.pop()?, self.pop()?);
        let text = |id| self.arena.text(id).map(str::to_owned);
        match (text(module), text(name)) {
            (Some(module), Some(name)) => self.constructor(&module, &name),
            _ => Err(Fault::Damaged("a class has no name")),
        }
    }

    /// What a constructor would make of its arguments.
    fn construct(&mut self) -> Result<(), Fault> {
        let (arguments, callee) = (self.pop()?, self.pop()?);
        let Value::Constructor(constructor) = *self.arena.get(callee) else {
            return Err(Fault::Damaged("it calls what is no class"));
        };
        let first = self.arena.tuple(arguments).and_then(<[Id]>::first).copied();
        match (constructor, first) {
            (Constructor::Tensor, Some(_)) => self.push(Value::Tensor(arguments)),
            (Constructor::Parameter, Some(tensor)) => {
                self.stack.push(tensor);
                Ok(())
            }
            (Constructor::Dict, _) => self.push(Value::Dict(Vec::new())),
            _ => self.push(Value::Other),
        }
    }

    fn literal(&mut self, operation: u8, input: &mut Input<'_>) -> Result<(), Fault> {
        let value = match operation {
            b'K' => Value::Int(input.u8()?.into()),
            b'M' => Value::Int(input.u16()?.into()),
            b'J' => Value::Int(input.i32()?.into()),
            0x8a => {
                let length = input.u8()?;
                input.long(length.into())?.map_or(Value::Other, Value::Int)
            }
            b'X' => {
                let length = input.u32()?;
                Value::Text(input.text(length as usize)?)
            }
            0x8c => {
                let length = input.u8()?;
                Value::Text(input.text(length.into())?)
            }
            0x8d => {
                let length = input.length()?;
                Value::Text(input.text(length)?)
            }
            // NONE, NEWTRUE, NEWFALSE
            b'N' => Value::Other,
            0x88 | 0x89 => Value::Flag(operation == 0x88),
            b'G' => Value::Float(input.f64()?),
            // SHORT_BINBYTES, SHORT_BINSTRING; BINBYTES, BINSTRING; BINBYTES8
            b'C' | b'U' => {
                let length = input.u8()?;
                input.take(length.into()).map(|_| Value::Other)?
            }
            b'B' | b'T' => {
                let length = input.u32()?;
                input.take(length as usize).map(|_| Value::Other)?
            }
            0x8e => {
                let length = input.length()?;
                input.take(length).map(|_| Value::Other)?
            }
            unknown => return Err(Fault::Operation(unknown)),
        };
        self.push(value)
    }
}

fn pairs(items: &[Id]) -> Result<Vec<(Id, Id)>, Fault> {
    let (pairs, rest) = items.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Fault::Damaged("a key has no value"));
    }
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_collections_are_read() {
        // {"a": [1, -2], "b": (True, "c")} by protocol 4
        let bytes = b"\x80\x04\x95\x1d\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94]\x94(K\x01J\xfe\xff\xff\xffe\x8c\x01b\x94\x88\x8c\x01c\x94\x86\x94u.";
        let (arena, root) = read(bytes).unwrap();
        let [(a, list), (_, tuple)] = arena.dict(root).unwrap() else {
            panic!("two entries");
        };
        assert_eq!(arena.text(*a), Some("a"));
        let Value::List(items) = arena.get(*list) else {
            panic!("a list");
        };
        assert_eq!(arena.int(items[1]), Some(-2));
        assert_eq!(arena.text(arena.tuple(*tuple).unwrap()[1]), Some("c"));
    }

    #[test]
    fn a_structure_that_holds_itself_ends() {
        // l = []; l.append(l)
        let (arena, root) = read(b"\x80\x02]q\x00h\x00a.").unwrap();
        assert!(matches!(arena.get(root), Value::List(items) if *items == [root]));
    }

    #[test]
    fn what_is_damaged_is_told() {
        let fault = |bytes: &[u8]| read(bytes).unwrap_err();
        assert_eq!(fault(b"\x80\x02]q"), Fault::CutOff);
        assert_eq!(fault(b"X\xff\xff\xff\xffa."), Fault::CutOff);
        assert_eq!(fault(b"K\x01(."), Fault::Damaged("the stack is empty"));
        assert_eq!(
            fault(b"h\x07."),
            Fault::Damaged("it recalls what it never kept")
        );
        assert_eq!(fault(b"}(K\x01u."), Fault::Damaged("a key has no value"));
        assert_eq!(
            fault(b"K\x01K\x02a."),
            Fault::Damaged("it fills what is no collection")
        );
        assert_eq!(
            fault(b"K\x01)R."),
            Fault::Damaged("it calls what is no class")
        );
        // INST, which calls by a name on its own
        assert_eq!(fault(b"(ios\nsystem\n."), Fault::Operation(b'i'));
    }

    #[test]
    fn a_command_is_refused() {
        let fault = read(b"cos\nsystem\n(X\x02\0\0\0idtR.").unwrap_err();
        assert_eq!(fault, Fault::Refused("os.system".to_owned()));
        let by_stack =
            read(b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.").unwrap_err();
        assert_eq!(by_stack, Fault::Refused("posix.system".to_owned()));
    }
}
