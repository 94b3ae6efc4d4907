//! Indexes: what retrieval makes of all kinds of cells, and the names of what is wrong with files.

use kiskadee_rvc::{RetrievalIndex, RvcError};

use crate::golden;

type Vectors<'a> = &'a [(u64, &'a [f32])];

/// A file as faiss writes it.
pub(crate) fn index(centroids: &[f32], cells: &[Vectors<'_>]) -> Vec<u8> {
    let width = centroids.len() / cells.len();
    let total: usize = cells.iter().map(|cell| cell.len()).sum();
    let mut file = Vec::new();
    let head = |file: &mut Vec<u8>, tag: &[u8], count: usize| {
        file.extend(tag);
        file.extend((width as u32).to_le_bytes());
        file.extend((count as u64).to_le_bytes());
        file.extend([0; 16]);
        file.push(1);
        file.extend(1_u32.to_le_bytes());
    };
    let number = |file: &mut Vec<u8>, number: usize| file.extend((number as u64).to_le_bytes());
    head(&mut file, b"IwFl", total);
    number(&mut file, cells.len());
    number(&mut file, 1);
    head(&mut file, b"IxF2", cells.len());
    number(&mut file, centroids.len());
    file.extend(centroids.iter().flat_map(|value| value.to_le_bytes()));
    file.push(0);
    number(&mut file, 0);
    file.extend(b"ilar");
    number(&mut file, cells.len());
    number(&mut file, 4 * width);
    file.extend(b"full");
    number(&mut file, cells.len());
    for cell in cells {
        number(&mut file, cell.len());
    }
    for cell in cells {
        let values = cell.iter().flat_map(|(_, vector)| *vector);
        file.extend(values.flat_map(|value| value.to_le_bytes()));
        file.extend(cell.iter().flat_map(|(id, _)| id.to_le_bytes()));
    }
    file
}

pub(crate) fn open(bytes: &[u8]) -> Result<RetrievalIndex, RvcError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voice.index");
    std::fs::write(&path, bytes).unwrap();
    RetrievalIndex::open(&path)
}

fn code(opened: Result<RetrievalIndex, RvcError>) -> &'static str {
    opened.err().unwrap().code()
}

#[test]
fn an_exact_hit_is_that_vector_and_an_empty_cell_changes_nothing() {
    let cell: Vectors<'_> = &[(0, &[1.0, 2.0]), (1, &[1.5, 2.0])];
    let index = open(&index(&[1.0, 2.0, 100.0, 100.0], &[cell, &[]])).unwrap();
    assert_eq!((index.len(), index.width()), (2, 2));
    let mut frames = [1.0, 2.0, 99.0, 98.0, 1.1, 2.0];
    index.mix(&mut frames, 1.0);
    assert_eq!(frames[..4].to_vec(), vec![1.0, 2.0, 99.0, 98.0]);
    // Fewer than eight neighbours, at 0.1 and 0.4: the inverse fourth powers of these.
    let expected = (1.0 * 256.0 + 1.5) / 257.0;
    assert!((frames[4] - expected).abs() < 1e-5, "{}", frames[4]);
    let mut huge = [f32::MAX, f32::MAX];
    index.mix(&mut huge, 1.0);
    assert_eq!(huge.to_vec(), vec![f32::MAX; 2]);
    let mut half = [1.0, 4.0];
    index.mix(&mut half, 0.0);
    assert_eq!(half.to_vec(), vec![1.0, 4.0]);
}

#[test]
fn an_index_that_was_only_trained_is_refused() {
    let path = golden("trained.index");
    assert_eq!(code(RetrievalIndex::open(&path)), "index_without_vectors");
    assert_eq!(
        code(open(&index(&[0.0, 0.0], &[&[]]))),
        "index_without_vectors"
    );
}

#[test]
fn an_index_that_is_cut_off_or_longer_is_refused() {
    let whole = std::fs::read(golden("added.index")).unwrap();
    assert!(open(&whole).is_ok());
    for length in (0..whole.len()).step_by(101) {
        assert_eq!(
            code(open(&whole[..length])),
            "index_damaged",
            "{length} bytes"
        );
    }
    assert_eq!(code(open(&[&whole[..], b"more"].concat())), "index_damaged");
}

#[test]
fn counts_beyond_the_file_and_wrong_numbers_are_refused() {
    let cell: Vectors<'_> = &[(0, &[1.0, 2.0]), (1, &[1.5, 2.0])];
    let good = index(&[1.0, 2.0], &[cell]);
    assert!(open(&good).is_ok());
    // Each count in turn is as large as can be; some that nobody reads do not matter.
    let mut refused = 0;
    for place in 4..good.len() - 8 {
        let mut bad = good.clone();
        bad[place..place + 8].copy_from_slice(&(i64::MAX as u64).to_le_bytes());
        refused += usize::from(open(&bad).is_err());
    }
    assert!(refused > 60, "{refused}");
    for ids in [[0, 0], [0, 2], [u64::MAX, 1]] {
        let cell: Vectors<'_> = &[(ids[0], &[1.0, 2.0]), (ids[1], &[1.5, 2.0])];
        assert_eq!(code(open(&index(&[1.0, 2.0], &[cell]))), "index_damaged");
    }
    let nan: Vectors<'_> = &[(0, &[1.0, f32::NAN])];
    assert_eq!(
        code(open(&index(&[1.0, 2.0], &[nan]))),
        "weights_not_finite"
    );
}
