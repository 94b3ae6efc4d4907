//! Accounts, tokens, API keys and webhook settings
