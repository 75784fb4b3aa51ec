#pragma once

#include "simd.hpp"

// Activations on vectors. The exponential is 2^x with a polynomial for the fraction: minimax for
// the relative error on 0..1, found by Remez exchange, 7.5e-8 (degree 5) and 7.5e-5 (degree 3).
// Kernels that round their results to 8 bits take the short one.

namespace gondola::engine {
namespace {

constexpr float kLog2E = 1.442695041F;

template <typename V>
typename V::Floats power_of_two(typename V::Floats x) {
  const typename V::Floats f = V::fraction(x);
  typename V::Floats p = V::all(0.00187757667F);
  p = V::multiply_add(p, f, V::all(0.00898934009F));
  p = V::multiply_add(p, f, V::all(0.0558263181F));
  p = V::multiply_add(p, f, V::all(0.240153617F));
  p = V::multiply_add(p, f, V::all(0.693153073F));
  p = V::multiply_add(p, f, V::all(0.999999925F));
  return V::times_power_of_two(p, x);
}

template <typename V>
typename V::Floats rough_power_of_two(typename V::Floats x) {
  const typename V::Floats f = V::fraction(x);
  typename V::Floats p = V::all(0.0780245227F);
  p = V::multiply_add(p, f, V::all(0.226067155F));
  p = V::multiply_add(p, f, V::all(0.695833541F));
  p = V::multiply_add(p, f, V::all(0.999925219F));
  return V::times_power_of_two(p, x);
}

template <typename V>
typename V::Floats exponential(typename V::Floats x) {
  return power_of_two<V>(V::multiply(x, V::all(kLog2E)));
}

/// x / (1 + e^-x). Far below 0 the divisor is infinite and the result -0, as it should be.
template <typename V>
typename V::Floats silu(typename V::Floats x) {
  const typename V::Floats divisor =
      V::add(power_of_two<V>(V::multiply(x, V::all(-kLog2E))), V::all(1.0F));
  // One step of Newton's method squares the reciprocal's error; at infinity it would give NaN, so
  // the divisor stops short of it.
  const typename V::Floats limited = V::smaller(divisor, V::all(1e30F));
  const typename V::Floats rough = V::rough_reciprocal(limited);
  const typename V::Floats correction = V::subtract(V::all(2.0F), V::multiply(limited, rough));
  return V::multiply(x, V::multiply(rough, correction));
}

/// The same within 1.5e-4 of x.
template <typename V>
typename V::Floats rough_silu(typename V::Floats x) {
  const typename V::Floats divisor =
      V::add(rough_power_of_two<V>(V::multiply(x, V::all(-kLog2E))), V::all(1.0F));
  return V::multiply(x, V::rough_reciprocal(divisor));
}

template <typename V>
typename V::Floats hardswish(typename V::Floats x) {
  const typename V::Floats gate = V::multiply_add(x, V::all(1.0F / 6.0F), V::all(0.5F));
  return V::multiply(x, V::smaller(V::larger(gate, V::zero()), V::all(1.0F)));
}

template <typename V>
typename V::Floats sigmoid(typename V::Floats x) {
  return V::divide(V::all(1.0F), V::add(V::all(1.0F), exponential<V>(V::subtract(V::zero(), x))));
}

/// 1 - 2 / (e^2x + 1): loses digits near 0, where the result's absolute error stays below 1e-7.
template <typename V>
typename V::Floats hyperbolic_tangent(typename V::Floats x) {
  const typename V::Floats e = exponential<V>(V::add(x, x));
  return V::subtract(V::all(1.0F), V::divide(V::all(2.0F), V::add(e, V::all(1.0F))));
}

template <typename V>
typename V::Floats elu(typename V::Floats x, float alpha) {
  const typename V::Floats below = V::multiply(
      V::all(alpha), V::subtract(exponential<V>(V::smaller(x, V::zero())), V::all(1.0F)));
  return V::below_zero(x, below, x);
}

/// x * tanh(ln(1 + e^x)) = x * n / (n + 2) with n = e^x * (e^x + 2), which needs no logarithm.
template <typename V>
typename V::Floats mish(typename V::Floats x) {
  const typename V::Floats e = exponential<V>(V::smaller(x, V::all(30.0F)));
  const typename V::Floats n = V::multiply(e, V::add(e, V::all(2.0F)));
  return V::multiply(x, V::divide(n, V::add(n, V::all(2.0F))));
}

/// x * (1 + erf(x / sqrt 2)) / 2 with erf after Abramowitz and Stegun, 7.1.26: within 1.5e-7.
template <typename V>
typename V::Floats gelu(typename V::Floats x) {
  const typename V::Floats z = V::multiply(x, V::all(0.707106781F));
  const typename V::Floats size = V::larger(z, V::subtract(V::zero(), z));
  const typename V::Floats t =
      V::divide(V::all(1.0F), V::multiply_add(size, V::all(0.3275911F), V::all(1.0F)));
  typename V::Floats p = V::all(1.061405429F);
  p = V::multiply_add(p, t, V::all(-1.453152027F));
  p = V::multiply_add(p, t, V::all(1.421413741F));
  p = V::multiply_add(p, t, V::all(-0.284496736F));
  p = V::multiply_add(p, t, V::all(0.254829592F));
  const typename V::Floats tail =
      V::multiply(V::multiply(p, t), exponential<V>(V::subtract(V::zero(), V::multiply(z, z))));
  const typename V::Floats half_tail = V::multiply(V::all(0.5F), tail);
  return V::multiply(x, V::below_zero(x, half_tail, V::subtract(V::all(1.0F), half_tail)));
}

}  // namespace
}  // namespace gondola::engine
