package dev.scaling.concurrency.limit;

import dev.scaling.core.redis.LuaScript;

/**
 * The scripts of a limiter. What tells them the time is text in front of them, so that tests put a
 * clock of their own in its place and run all else as it is.
 */
record Scripts(LuaScript take, LuaScript refund, LuaScript members) {

  /** With the clock of the server. */
  static final Scripts SHIPPED = withClock("now");

  static Scripts withClock(String clock) {
    return new Scripts(load("take", clock, "state"), load("refund", clock), load("members", clock));
  }

  private static LuaScript load(String name, String... functions) {
    return LuaScript.load(Scripts.class, "concurrency", name, functions);
  }
}
