//! What a pickle builds: values in an arena that name each other by number, so that shared and cyclic structures cost nothing
//! and are dropped without recursion.

use super::{Fault, constructors::Constructor};

/// A value of the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Id(u32);

#[derive(Debug)]
pub(crate) enum Value {
    /// What a checkpoint may hold and nobody here asks for: `None`, bytes, objects of configurations.
    Other,
    Int(i64),
    Float(f64),
    Flag(bool),
    Text(String),
    Constructor(Constructor),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// The tuple that names a storage outside of the pickle.
    Storage(Id),
    /// A tensor of a storage, whose arguments are this tuple.
    Tensor(Id),
}

/// More than any trainer's checkpoint has, by far.
const MOST_VALUES: usize = 4_000_000;

#[derive(Debug, Default)]
pub(crate) struct Arena(Vec<Value>);

impl Arena {
    pub(super) fn add(&mut self, value: Value) -> Result<Id, Fault> {
        if self.0.len() >= MOST_VALUES {
            return Err(Fault::TooLarge);
        }
        self.0.push(value);
        Ok(Id(self.0.len() as u32 - 1))
    }

    pub(crate) fn get(&self, id: Id) -> &Value {
        self.0.get(id.0 as usize).unwrap_or(&Value::Other)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut Value> {
        self.0.get_mut(id.0 as usize)
    }

    pub(crate) fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn int(&self, id: Id) -> Option<i64> {
        match self.get(id) {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn tuple(&self, id: Id) -> Option<&[Id]> {
        match self.get(id) {
            Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn dict(&self, id: Id) -> Option<&[(Id, Id)]> {
        match self.get(id) {
            Value::Dict(items) => Some(items),
            _ => None,
        }
    }
}
