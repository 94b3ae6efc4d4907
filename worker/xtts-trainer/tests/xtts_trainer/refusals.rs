//! What a run is not begun with.

use std::sync::atomic::AtomicBool;

use kiskadee_xtts_trainer::{Dataset, Precision, RunOptions, TrainError, list_checkpoints, train};

use crate::fixture::{Model, dataset, model, options, recordings};

fn refused(model: &Model, dataset: &Dataset<'_>, options: &RunOptions) -> TrainError {
    let stop = AtomicBool::new(false);
    let path = model.folder.model();
    train(&path, &model.preparer, dataset, options, &stop, &mut |_| {}).unwrap_err()
}

#[test]
fn other_options_other_data_and_damaged_files_are_refused() {
    let (model, recordings) = (model(), recordings(8));
    let mut dataset = dataset(&model, &recordings);
    let out = model.place.path().join("run");
    let stop = AtomicBool::new(true);
    let path = model.folder.model();
    train(
        &path,
        &model.preparer,
        &dataset,
        &options(&out, 5),
        &stop,
        &mut |_| {},
    )
    .unwrap();
    let error = refused(&model, &dataset, &options(&out, 6));
    assert!(matches!(error, TrainError::OtherOptions(_)), "{error}");
    let mut anew = options(&out, 5);
    anew.resume = false;
    assert!(matches!(
        refused(&model, &dataset, &anew),
        TrainError::Occupied(_)
    ));
    dataset.examples[0].codes[0] ^= 1;
    let error = refused(&model, &dataset, &options(&out, 5));
    assert!(matches!(error, TrainError::OtherOptions(_)), "{error}");
    dataset.examples[0].codes[0] ^= 1;
    let latest = list_checkpoints(&out).unwrap().pop().unwrap();
    let whole = std::fs::read(&latest).unwrap();
    std::fs::write(&latest, &whole[..whole.len() - 100]).unwrap();
    let error = refused(&model, &dataset, &options(&out, 5));
    assert!(matches!(error, TrainError::Damaged { .. }), "{error}");
}

#[test]
fn what_cannot_be_run_is_said() {
    let (model, recordings) = (model(), recordings(8));
    let mut dataset = dataset(&model, &recordings);
    let out = model.place.path().join("run");
    let mut narrow = options(&out, 5);
    narrow.recipe.precision = Precision::Bf16;
    assert!(
        refused(&model, &dataset, &narrow)
            .to_string()
            .contains("GPU")
    );
    let mut endless = options(&out, 5);
    endless.recipe.steps = 0;
    assert!(
        refused(&model, &dataset, &endless)
            .to_string()
            .contains("0 steps")
    );
    dataset.training.clear();
    let error = refused(&model, &dataset, &options(&out, 5));
    assert!(
        error.to_string().contains("no clips to train with"),
        "{error}"
    );
}
