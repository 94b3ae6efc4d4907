//! A password for a token: asked before it is checked, and told how it ended.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kiskadee_edge_kit::{
    Answer, Context, Problem,
    database::{self, Rate},
    log,
    path::uuid_parameter,
};
use spin_sdk::pg::{DbValue, ParameterValue};
use uuid::Uuid;

use crate::{
    attempt::Attempt,
    device::{self, Device},
    login::{Login, TokenAnswer},
    password,
    signing::Signer,
};

const BEGIN: &str = "select l.* from api.begin_sign_in($1::text, $2::text, $3::uuid, to_timestamp($4::float8), $5::int) l";
const END: &str = "select 1 from api.end_sign_in($1::text, $2::text, $3::uuid, to_timestamp($4::float8), $5::uuid, $6::boolean)";

/// What `api.begin_sign_in` gave.
struct Found {
    user: Option<(Uuid, String, f64)>,
    rate: Option<Rate>,
    retry_after_s: Option<u32>,
}

pub(crate) async fn sign_in(
    context: &Context,
    attempt: &Attempt,
    device: Device,
    login: Login,
) -> Result<Response, Problem> {
    let signer = Signer::get(context).await?;
    let [client, per_minute] = attempt.parameters();
    let [device_user, device_issued] = device.parameters();
    let username = ParameterValue::Str(login.username.into_value());
    let who = [username, client, device_user, device_issued];
    let found = begin(context, who.clone(), per_minute).await?;
    if let Some(seconds) = found.retry_after_s {
        return Ok(too_many(&found, seconds).into_response());
    }
    let stored = found.user.as_ref().map(|(_, hash, _)| hash.as_str());
    let is_right = password::matches(&login.password.into_value(), stored)?;
    let user = found.user.as_ref().map(|(user, ..)| *user);
    end(context, who, user, is_right).await?;
    let Some((user, _, issued_at_s)) = found.user.filter(|_| is_right) else {
        let detail = "The username or the password is wrong.";
        return Ok(refused(401, "unauthenticated", detail, found.rate).into_response());
    };
    let token = TokenAnswer {
        access_token: signer.sign(user, issued_at_s)?,
        token_type: "bearer",
        expires_in: signer.lifetime_s(),
        device_id: signer.sign_device(user, issued_at_s)?,
    };
    let answer = Answer {
        status: 200,
        body: Some(text(&token)?),
        rate: found.rate,
        ..Answer::default()
    };
    let mut response = answer.into_response();
    let cookie = device::cookie(&token.device_id, context.settings.site.hsts);
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn begin(
    context: &Context,
    who: [ParameterValue; 4],
    per_minute: ParameterValue,
) -> Result<Found, Problem> {
    let parameters = who.into_iter().chain([per_minute]).collect();
    let row = database::row(context.settings.database_url.expose(), BEGIN, parameters).await?;
    Found::of(row).ok_or_else(|| {
        log::error(
            "the beginning of a sign-in gave another row than expected",
            &"see shared/functions",
        );
        Problem::internal()
    })
}

async fn end(
    context: &Context,
    who: [ParameterValue; 4],
    user: Option<Uuid>,
    is_right: bool,
) -> Result<(), Problem> {
    let ended = [
        user.map_or(ParameterValue::DbNull, uuid_parameter),
        ParameterValue::Boolean(is_right),
    ];
    let parameters = who.into_iter().chain(ended).collect();
    database::row(context.settings.database_url.expose(), END, parameters).await?;
    Ok(())
}

impl Found {
    fn of(row: Vec<DbValue>) -> Option<Self> {
        let [user, hash, issued_at, limit, remaining, reset, retry_after]: [DbValue; 7] =
            row.try_into().ok()?;
        let user = match (user, hash, issued_at) {
            (DbValue::Uuid(id), DbValue::Str(hash), DbValue::Floating64(at)) => {
                Some((Uuid::try_parse(&id).ok()?, hash, at))
            }
            _ => None,
        };
        let rate = match (limit, remaining, reset) {
            (DbValue::Int32(limit), DbValue::Int32(remaining), DbValue::Int32(reset_s)) => {
                Some(Rate {
                    limit,
                    remaining,
                    reset_s,
                })
            }
            _ => None,
        };
        let retry_after_s = match retry_after {
            DbValue::Int32(seconds) => u32::try_from(seconds).ok(),
            _ => None,
        };
        Some(Self {
            user,
            rate,
            retry_after_s,
        })
    }
}

fn too_many(found: &Found, seconds: u32) -> Answer {
    let detail = format!("Too many attempts to sign in. Wait {seconds} s and try again.");
    let status = StatusCode::TOO_MANY_REQUESTS.as_u16();
    Answer {
        retry_after_s: Some(seconds),
        ..refused(status, "rate_limited", &detail, found.rate)
    }
}

fn refused(status: u16, code: &str, detail: &str, rate: Option<Rate>) -> Answer {
    Answer {
        status,
        code: Some(code.to_owned()),
        detail: Some(detail.to_owned()),
        rate,
        ..Answer::default()
    }
}

fn text(answer: &TokenAnswer) -> Result<String, Problem> {
    serde_json::to_string(answer).map_err(|error| {
        log::error("a token answer cannot be written", &error);
        Problem::internal()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_user_is_understood() {
        let null = || DbValue::DbNull;
        let row = vec![
            null(),
            null(),
            null(),
            DbValue::Int32(20),
            DbValue::Int32(0),
            DbValue::Int32(60),
            DbValue::Int32(3),
        ];
        let found = Found::of(row).unwrap();
        assert!(found.user.is_none());
        assert_eq!(found.retry_after_s, Some(3));
        assert_eq!(
            found.rate,
            Some(Rate {
                limit: 20,
                remaining: 0,
                reset_s: 60
            })
        );
        assert!(Found::of(vec![null()]).is_none());
    }
}
