//! Accounts: registering, signing in, the profile, API keys, and the settings and deliveries of webhooks.
//!
//! The only component that knows the key that signs tokens, and the only one that sees a password, which it forgets with the
//! request.

mod attempt;
mod audit;
mod cell;
mod deliveries;
mod device;
mod documents;
mod key_set;
mod keys;
mod leaving;
mod login;
mod password;
mod profile;
mod random;
mod register;
mod resets;
mod rules;
mod secrets;
mod sign_in;
mod signing;
mod users;

kiskadee_edge_kit::routes! {
    register::register,
    login::log_in, login::get_token,
    profile::show_profile, profile::update_profile,
    leaving::delete_profile, leaving::export_profile,
    resets::reset_password, resets::revoke_all,
    keys::create_key, keys::list_keys, keys::revoke_key,
    key_set::show_key_set,
    secrets::show_secret, secrets::rotate_secret,
    deliveries::list_deliveries, deliveries::show_delivery, deliveries::replay_delivery,
    users::list_users, users::show_user, users::change_user, users::delete_user, users::offer_reset,
    audit::list_audit,
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn serve(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
