//! The finite fields of 2^m elements.
//!
//! An element is a polynomial over the field of two elements, its bits the coefficients, modulo a primitive polynomial. All
//! elements but zero are powers of `x`, so that a product is a sum of logarithms.

/// Primitive polynomials of degree 3 to 13, the bits their coefficients (Peterson & Weldon, 1972, appendix C).
const PRIMITIVE: [u32; 11] = [0xB, 0x13, 0x25, 0x43, 0x89, 0x11D, 0x211, 0x409, 0x805, 0x1053, 0x201B];
/// The smallest and the largest degree.
pub(crate) const DEGREES: std::ops::RangeInclusive<usize> = 3..=13;

/// A field of `2^degree` elements.
pub(crate) struct Field {
    /// Powers of the primitive element, twice in a row, so that a sum of two logarithms needs no remainder.
    powers: Vec<u16>,
    /// Exponents of the elements; zero has none.
    logs: Vec<u16>,
}

impl Field {
    /// The field of `2^degree` elements; the degree is one of [`DEGREES`].
    pub(crate) fn new(degree: usize) -> Self {
        let polynomial = PRIMITIVE[degree - DEGREES.start()];
        let order = (1 << degree) - 1;
        let mut powers = Vec::with_capacity(2 * order);
        let mut logs = vec![0; order + 1];
        let mut element: u32 = 1;
        for exponent in 0..order {
            powers.push(element as u16);
            logs[element as usize] = exponent as u16;
            element <<= 1;
            if element >> degree == 1 {
                element ^= polynomial;
            }
        }
        powers.extend_from_within(..);
        Self { powers, logs }
    }

    /// The number of elements that are not zero.
    pub(crate) fn order(&self) -> usize {
        self.logs.len() - 1
    }

    /// The primitive element to the power of `exponent`.
    pub(crate) fn power(&self, exponent: usize) -> u16 {
        self.powers[exponent % self.order()]
    }

    /// The product of two elements.
    pub(crate) fn product(&self, left: u16, right: u16) -> u16 {
        if left == 0 || right == 0 {
            return 0;
        }
        self.powers[self.log(left) + self.log(right)]
    }

    /// `left` divided by `right`, which is not zero.
    pub(crate) fn quotient(&self, left: u16, right: u16) -> u16 {
        if left == 0 {
            return 0;
        }
        self.powers[self.order() + self.log(left) - self.log(right)]
    }

    fn log(&self, element: u16) -> usize {
        usize::from(self.logs[usize::from(element)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_but_zero_is_a_power() {
        for degree in DEGREES {
            let field = Field::new(degree);
            let mut seen = vec![false; 1 << degree];
            (0..field.order()).for_each(|exponent| seen[usize::from(field.power(exponent))] = true);
            assert!(!seen[0] && seen[1..].iter().all(|seen| *seen), "degree {degree}");
        }
    }

    #[test]
    fn a_field_obeys_its_laws() {
        // All of the field of 16 elements, by long multiplication.
        let field = Field::new(4);
        for (a, b) in (0..16u16).flat_map(|a| (0..16u16).map(move |b| (a, b))) {
            let mut product = (0..4).filter(|bit| b >> bit & 1 == 1).fold(0u16, |sum, bit| sum ^ a << bit);
            for bit in (4..8).rev() {
                if product >> bit & 1 == 1 {
                    product ^= 0x13 << (bit - 4);
                }
            }
            assert_eq!(field.product(a, b), product, "{a} {b}");
            if b != 0 {
                assert_eq!(field.quotient(product, b), a);
            }
        }
    }
}
