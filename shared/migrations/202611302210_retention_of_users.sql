-- For how many days finished work of a user is kept, where that is less than the installation's own.
alter table account."user" add column retention_days int check (retention_days > 0);
