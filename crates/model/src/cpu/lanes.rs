//! Sixteen numbers at a time, in whatever registers the machine has.
//!
//! Every machine does the same: a multiply-add is rounded once, and each number goes its own way. So the registers
//! change the speed and not one bit of a result. (The exception is an x86 of before 2013, which has no fused
//! multiply-add and rounds twice.)

/// Numbers in a block of channels, on every machine.
pub(super) const LANES: usize = 16;

/// Sixteen numbers.
///
/// # Safety
/// The methods of a type may be called only where the instructions that it is made of exist. Pointers must be good for
/// sixteen numbers.
pub(super) trait Lanes: Copy {
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn splat(x: f32) -> Self;
    /// `self + x * w`.
    unsafe fn add_product(self, x: Self, w: Self) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    /// The larger of each pair; the one of `other` where that is no number.
    unsafe fn max(self, other: Self) -> Self;
    /// What it is where `gate` is above 0, and 0 elsewhere.
    unsafe fn where_positive(self, gate: Self) -> Self;
}

/// Plain Rust, which the compiler turns into what the machine is known to have (NEON on every 64-bit ARM).
#[derive(Clone, Copy)]
pub(super) struct Plain([f32; LANES]);

impl Plain {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl Lanes for Plain {
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: good for sixteen numbers, says the caller.
        Self(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: good for sixteen numbers, says the caller.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([x; LANES])
    }

    #[inline(always)]
    unsafe fn add_product(self, x: Self, w: Self) -> Self {
        // Where no instruction does it, a fused multiply-add is a call into the C library.
        let fused = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
        let product = |i: usize| if fused { x.0[i].mul_add(w.0[i], self.0[i]) } else { x.0[i] * w.0[i] + self.0[i] };
        Self(std::array::from_fn(product))
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    unsafe fn where_positive(self, gate: Self) -> Self {
        self.zip(gate, |a, gate| if gate > 0.0 { a } else { 0.0 })
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) mod x86 {
    //! One register of AVX-512, or two of AVX2.

    use std::arch::x86_64::*;

    use super::Lanes;

    #[derive(Clone, Copy)]
    pub(in crate::cpu) struct Avx512(__m512);

    #[derive(Clone, Copy)]
    pub(in crate::cpu) struct Avx2(__m256, __m256);

    // SAFETY: of each block, that the instructions exist and the pointers are good, says the caller.
    impl Lanes for Avx512 {
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            Self(unsafe { _mm512_loadu_ps(from) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe { _mm512_storeu_ps(to, self.0) }
        }

        #[inline(always)]
        unsafe fn splat(x: f32) -> Self {
            Self(unsafe { _mm512_set1_ps(x) })
        }

        #[inline(always)]
        unsafe fn add_product(self, x: Self, w: Self) -> Self {
            Self(unsafe { _mm512_fmadd_ps(x.0, w.0, self.0) })
        }

        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            Self(unsafe { _mm512_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn max(self, other: Self) -> Self {
            Self(unsafe { _mm512_max_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn where_positive(self, gate: Self) -> Self {
            unsafe {
                let positive = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(gate.0, _mm512_setzero_ps());
                Self(_mm512_maskz_mov_ps(positive, self.0))
            }
        }
    }

    // SAFETY: as above; the second half lies eight numbers on.
    impl Lanes for Avx2 {
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            unsafe { Self(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe {
                _mm256_storeu_ps(to, self.0);
                _mm256_storeu_ps(to.add(8), self.1);
            }
        }

        #[inline(always)]
        unsafe fn splat(x: f32) -> Self {
            let x = unsafe { _mm256_set1_ps(x) };
            Self(x, x)
        }

        #[inline(always)]
        unsafe fn add_product(self, x: Self, w: Self) -> Self {
            unsafe { Self(_mm256_fmadd_ps(x.0, w.0, self.0), _mm256_fmadd_ps(x.1, w.1, self.1)) }
        }

        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
        }

        #[inline(always)]
        unsafe fn max(self, other: Self) -> Self {
            unsafe { Self(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1)) }
        }

        #[inline(always)]
        unsafe fn where_positive(self, gate: Self) -> Self {
            unsafe {
                let zero = _mm256_setzero_ps();
                let half = |x, gate| _mm256_and_ps(x, _mm256_cmp_ps::<_CMP_GT_OQ>(gate, zero));
                Self(half(self.0, gate.0), half(self.1, gate.1))
            }
        }
    }
}
