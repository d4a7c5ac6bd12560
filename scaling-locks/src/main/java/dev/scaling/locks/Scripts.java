package dev.scaling.locks;

import dev.scaling.core.redis.LuaScript;

/**
 * The scripts of a lock service. What tells them the time is text in front of them, so that tests
 * put a clock of their own in its place and run all else as it is.
 */
record Scripts(LuaScript acquire, LuaScript release, LuaScript extend, LuaScript watch) {

  /** With the clock of the server. */
  static final Scripts SHIPPED = withClock("now");

  static Scripts withClock(String clock) {
    return new Scripts(
        load("acquire", clock, "node", "readers", "lock", "line"),
        load("release", clock, "node", "readers", "lock", "line"),
        load("extend", clock, "node"),
        load("watch", clock, "node"));
  }

  private static LuaScript load(String name, String... functions) {
    return LuaScript.load(Scripts.class, "locks", name, functions);
  }
}
