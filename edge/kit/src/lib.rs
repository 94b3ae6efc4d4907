//! What every edge component shares: authentication, problems, the one SQL call
