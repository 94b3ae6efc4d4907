//! Symmetric matrices of the size of a cepstrum without `c0`, in f64: functions of their eigenvalues (Jacobi's rotations).

/// Rows and columns.
pub(super) const SIZE: usize = crate::MEL_CEPSTRUM - 1;
/// More than any matrix of this size takes.
const SWEEPS: usize = 40;

pub(super) type Matrix = [[f64; SIZE]; SIZE];

pub(super) fn product(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| (0..SIZE).map(|k| a[row][k] * b[k][column]).sum())
    })
}

/// The matrix with `f` of each eigenvalue in its place.
pub(super) fn with_eigenvalues(matrix: &Matrix, f: impl Fn(f64) -> f64) -> Matrix {
    let (values, vectors) = eigen(matrix);
    let values = values.map(f);
    std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            let terms = (0..SIZE).map(|k| vectors[row][k] * values[k] * vectors[column][k]);
            terms.sum()
        })
    })
}

/// The optimal transport between two Gaussians of these covariances: the symmetric A with A·from·A = to. Both must be positive definite.
pub(super) fn transport(from: &Matrix, to: &Matrix) -> Matrix {
    let root = with_eigenvalues(from, |value| value.max(0.0).sqrt());
    let inverse = with_eigenvalues(from, |value| 1.0 / value.max(f64::MIN_POSITIVE).sqrt());
    let inner = product(&product(&root, to), &root);
    let middle = with_eigenvalues(&inner, |value| value.max(0.0).sqrt());
    product(&product(&inverse, &middle), &inverse)
}

/// Eigenvalues, and eigenvectors as columns.
fn eigen(matrix: &Matrix) -> ([f64; SIZE], Matrix) {
    let mut rest = *matrix;
    let mut vectors = [[0.0; SIZE]; SIZE];
    for (index, row) in vectors.iter_mut().enumerate() {
        row[index] = 1.0;
    }
    for _ in 0..SWEEPS {
        let beside: f64 = (0..SIZE)
            .flat_map(|p| (p + 1..SIZE).map(move |q| (p, q)))
            .map(|(p, q)| rest[p][q].powi(2))
            .sum();
        let whole: f64 = rest.as_flattened().iter().map(|v| v * v).sum();
        if beside <= 1e-28 * whole {
            break;
        }
        for p in 0..SIZE {
            for q in p + 1..SIZE {
                rotate(&mut rest, &mut vectors, p, q);
            }
        }
    }
    (std::array::from_fn(|index| rest[index][index]), vectors)
}

/// Brings the element (p, q) to 0.
fn rotate(rest: &mut Matrix, vectors: &mut Matrix, p: usize, q: usize) {
    if rest[p][q] == 0.0 {
        return;
    }
    let theta = (rest[q][q] - rest[p][p]) / (2.0 * rest[p][q]);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for row in rest.iter_mut().chain(vectors.iter_mut()) {
        let (a, b) = (row[p], row[q]);
        row[p] = cosine * a - sine * b;
        row[q] = sine * a + cosine * b;
    }
    let (upper, lower) = (rest[p], rest[q]);
    rest[p] = std::array::from_fn(|column| cosine * upper[column] - sine * lower[column]);
    rest[q] = std::array::from_fn(|column| sine * upper[column] + cosine * lower[column]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positive definite, with eigenvalues far apart.
    fn covariance(seed: f64) -> Matrix {
        let value = |row: usize, column: usize| {
            ((row * SIZE + column) as f64 * 1.37 + seed).sin() / (1.0 + row as f64)
        };
        let factor: Matrix = std::array::from_fn(|row| std::array::from_fn(|c| value(row, c)));
        let transposed = std::array::from_fn(|row| std::array::from_fn(|c| factor[c][row]));
        let mut squared = product(&factor, &transposed);
        for (index, row) in squared.iter_mut().enumerate() {
            row[index] += 0.01;
        }
        squared
    }

    fn largest_difference(a: &Matrix, b: &Matrix) -> f64 {
        let pairs = a.as_flattened().iter().zip(b.as_flattened());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn a_root_squared_is_the_matrix() {
        let matrix = covariance(0.3);
        let root = with_eigenvalues(&matrix, f64::sqrt);
        assert!(largest_difference(&product(&root, &root), &matrix) < 1e-12);
    }

    #[test]
    fn a_transport_brings_one_covariance_to_the_other() {
        let (from, to) = (covariance(0.3), covariance(2.0));
        let moved = transport(&from, &to);
        let reached = product(&product(&moved, &from), &moved);
        assert!(largest_difference(&reached, &to) < 1e-9);
        let stay = transport(&from, &from);
        for (index, row) in stay.iter().enumerate() {
            assert!((row[index] - 1.0).abs() < 1e-9);
        }
    }
}
