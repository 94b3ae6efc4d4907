//! One certificate: the account, the order, its challenges.

use std::time::Duration;

use instant_acme::{
    Account, AccountCredentials, AuthorizationHandle, AuthorizationStatus, ChallengeType,
    Identifier, NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};

use super::{Acme, AcmeChallenge, AcmeError, Challenges, file};

/// How long the authority may take to look, and to sign.
const PATIENCE: RetryPolicy = RetryPolicy::new().timeout(Duration::from_mins(2));

/// Orders a certificate and writes it where it is kept.
pub(super) async fn certificate(acme: &Acme, challenges: &Challenges) -> Result<(), AcmeError> {
    let account = account(acme).await?;
    let ordered = order(acme, &account, challenges).await;
    challenges.forget();
    file::write(&acme.files().certificate, &ordered?)
}

/// That of an earlier time, or a new one, which agrees to the authority's terms.
async fn account(acme: &Acme) -> Result<Account, AcmeError> {
    let path = acme.account();
    // The one implementation of the whole program; the first choice holds.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = match &acme.ca {
        Some(ca) => Account::builder_with_root(ca),
        None => Account::builder(),
    }?;
    if let Some(kept) = file::read(&path)? {
        let credentials: AccountCredentials =
            serde_json::from_str(&kept).map_err(|reason| AcmeError::Account { path, reason })?;
        return Ok(builder.from_credentials(credentials).await?);
    }
    let contact: Vec<_> = acme.contact.iter().map(String::as_str).collect();
    let wanted = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let made = builder.create(&wanted, acme.directory.clone(), None).await;
    let (account, credentials) = made?;
    let text = serde_json::to_string(&credentials).map_err(|reason| AcmeError::Account {
        path: path.clone(),
        reason,
    })?;
    file::write(&path, &text)?;
    Ok(account)
}

/// The key and the chain in PEM.
async fn order(
    acme: &Acme,
    account: &Account,
    challenges: &Challenges,
) -> Result<String, AcmeError> {
    let hosts = acme.hosts.iter().cloned().map(Identifier::Dns);
    let hosts: Vec<_> = hosts.collect();
    let mut order = account.new_order(&NewOrder::new(&hosts)).await?;
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let authorization = authorization?;
        if authorization.status != AuthorizationStatus::Valid {
            authorize(acme, authorization, challenges).await?;
        }
    }
    let status = order.poll_ready(&PATIENCE).await?;
    if status != OrderStatus::Ready {
        return Err(refused(acme, &mut order, status).await);
    }
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&PATIENCE).await?;
    Ok(key + &chain)
}

async fn authorize(
    acme: &Acme,
    mut authorization: AuthorizationHandle<'_>,
    challenges: &Challenges,
) -> Result<(), AcmeError> {
    let host = authorization.identifier().to_string();
    let wanted = match acme.challenge {
        AcmeChallenge::TlsAlpn01 => ChallengeType::TlsAlpn01,
        AcmeChallenge::Http01 => ChallengeType::Http01,
    };
    let challenge = authorization.challenge(wanted);
    let mut challenge = challenge.ok_or_else(|| AcmeError::NotOffered(host.clone()))?;
    let answer = challenge.key_authorization();
    match acme.challenge {
        AcmeChallenge::TlsAlpn01 => {
            challenges.answer_in_handshakes(&host, answer.digest().as_ref())?;
        }
        AcmeChallenge::Http01 => challenges.answer_by_text(&challenge.token, answer.as_str()),
    }
    Ok(challenge.set_ready().await?)
}

/// With what the authority says of the first challenge that failed.
async fn refused(acme: &Acme, order: &mut Order, status: OrderStatus) -> AcmeError {
    let mut reason = format!("the order is {status:?}");
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        let mut challenges = authorization.challenges.iter();
        if let Some(said) = challenges.find_map(|challenge| challenge.error.as_ref()) {
            reason = said.to_string();
            break;
        }
    }
    AcmeError::Refused {
        hosts: acme.hosts.join(", "),
        reason,
    }
}
