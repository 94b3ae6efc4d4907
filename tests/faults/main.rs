//! What breaks in real life, done to a running system: nothing may be lost, nothing done twice.

mod backup;
mod crashes;
mod engine_process;
mod hearing;
mod leaving;
mod logs;
mod old_state;
mod openvoices;
mod outages;
mod pause;
mod scale;
mod secrets;
mod traces;
mod uploads;
mod watchers;
mod xtts;
