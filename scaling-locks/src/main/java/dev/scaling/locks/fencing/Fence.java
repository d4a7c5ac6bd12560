package dev.scaling.locks.fencing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.core.internal.Checks;

/**
 * A fencing token of a resource, checked to be one.
 *
 * @param guard the name that the user gave the guard
 */
record Fence(String guard, String resource, long token) {

  static final int MOST_BYTES = 10 * 1_024;

  /** Checks what a user gave; the messages do not repeat the resource. */
  static Fence of(String guard, String resource, long token, int mostBytes) {
    if (resource == null) {
      throw new NullPointerException(guard + ": resource must not be null");
    }
    if (Checks.hasLoneSurrogate(resource)) { // all of those become '?', and would be one resource
      throw new IllegalArgumentException(guard + ": resource must not hold half a character");
    }
    int bytes = resource.length() > mostBytes ? resource.length() : resource.getBytes(UTF_8).length;
    if (bytes < 1 || bytes > mostBytes) {
      throw new IllegalArgumentException(
          guard + ": resource must have 1 to " + mostBytes + " bytes of UTF-8: " + bytes);
    }
    if (token < 1) {
      throw new IllegalArgumentException(
          guard + ": fencingToken must be in [1, " + Long.MAX_VALUE + "]: " + token);
    }
    return new Fence(guard, resource, token);
  }

  /** Throws if a greater token was seen. */
  void require(long greatestSeen) {
    if (greatestSeen > token) {
      throw new StaleFencingTokenException(this, greatestSeen);
    }
  }
}
