//! What there is to know about each method: what `einthoven methods` prints.

use einthoven_game::Index;
use einthoven_shapley::About;

/// A line for each method; its index is the one that it is best at.
pub(crate) static ABOUT: [About; 13] = [
    About::new("exact", Index::KSii, "exact", "2^n, n <= 20; any index", "n^2 2^n", "Grabisch & Roubens 1999"),
    About::new("shapiq", Index::KSii, "unbiased", "6; any index", "m n^k", "Fumagalli et al. 2023"),
    About::new("svarm-iq", Index::KSii, "unbiased", "6; any index; no stratum empty", "m n^k", "Kolpaczki et al. 2024"),
    About::new(
        "permutation",
        Index::Stii,
        "unbiased",
        "STII: n^k; SII, k-SII: 2^k n; sets that are seen",
        "m 2^k",
        "Sundararajan et al. 2020; Tsai et al. 2023",
    ),
    About::new(
        "kernelshap-iq",
        Index::KSii,
        "consistent",
        "2.5 C(n, k); SII, k-SII",
        "m p^2 + p^3, p = C(n, k)",
        "Fumagalli et al. 2024",
    ),
    About::new(
        "kernelshap-iq-inconsistent",
        Index::KSii,
        "biased",
        "2.5 C(n, k); SII, k-SII",
        "m p^2 + p^3, p = C(n, k)",
        "Fumagalli et al. 2024",
    ),
    About::new(
        "regression",
        Index::Fsii,
        "consistent",
        "2.5 C(n, k); FSII, FBII; corrected SII, k-SII, STII, BII, CHII",
        "m p^2 + p^3, p = C(n, k)",
        "Tsai et al. 2023",
    ),
    About::new(
        "kadd",
        Index::KaddShap,
        "consistent",
        "2.5 C(n, k); kADD-SHAP",
        "m p^2 + p^3, p = C(n, k)",
        "Pelegrina et al. 2023",
    ),
    About::new(
        "proxyshap",
        Index::KSii,
        "unbiased",
        "12; any index, k <= 3; a pair of each size for each fold",
        "m n T + m n^k, T trees",
        "arXiv 2605.22738; Witter et al. 2025",
    ),
    About::new(
        "spex",
        Index::Fourier,
        "consistent",
        "24 (2 log2(n) + 2); any index; sparse",
        "m n^2 + m k^2, k sets",
        "Kang et al. 2025",
    ),
    About::new(
        "proxyspex",
        Index::Fourier,
        "consistent",
        "128; any index; sparse",
        "trees m n + m k^2",
        "Butler et al. 2025",
    ),
    About::new(
        "spectral",
        Index::Fourier,
        "consistent",
        "128; any index; sparse",
        "those of both",
        "Kang et al. 2025; Butler et al. 2025",
    ),
    About::new("auto", Index::KSii, "-", "6", "that of its choice", "see `auto` below"),
];
