/** Collapsing and batching, the smallest program: {@link CollapseMain}. */
@org.jspecify.annotations.NullMarked
package dev.scaling.examples.collapse;
