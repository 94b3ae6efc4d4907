//! What edge and worker both use: ids, job kinds and their arguments, limits, the migrations
