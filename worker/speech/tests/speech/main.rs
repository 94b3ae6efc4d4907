//! Each engine through the public face.

mod espeak;
mod kiskadee;
mod openvoices;
mod phonemes;
mod tuned;
mod xtts;
