/** A limit that finds itself, the smallest program: {@link OverloadMain}. */
@org.jspecify.annotations.NullMarked
package dev.scaling.examples.overload;
