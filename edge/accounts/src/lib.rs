//! Accounts: registering, signing in, the profile, API keys, and the settings and deliveries of webhooks.
//!
//! The only component that knows the key that signs tokens, and the only one that sees a password, which it forgets with the
//! request.

mod attempt;
mod deliveries;
mod documents;
mod key_set;
mod keys;
mod login;
mod password;
mod profile;
mod random;
mod register;
mod rules;
mod secrets;
mod signing;

kiskadee_edge_kit::routes! {
    register::register,
    login::log_in, login::get_token,
    profile::show_profile, profile::update_profile,
    keys::create_key, keys::list_keys, keys::revoke_key,
    key_set::show_key_set,
    secrets::show_secret, secrets::rotate_secret,
    deliveries::list_deliveries, deliveries::show_delivery, deliveries::replay_delivery,
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn serve(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
