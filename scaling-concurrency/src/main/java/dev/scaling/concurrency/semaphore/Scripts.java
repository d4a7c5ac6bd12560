package dev.scaling.concurrency.semaphore;

import dev.scaling.core.redis.LuaScript;

/** The script of a semaphore, with the clock of the server or of a test in front of it. */
final class Scripts {

  static final LuaScript SHIPPED = withClock("now");

  private Scripts() {}

  static LuaScript withClock(String clock) {
    return LuaScript.load(Scripts.class, "concurrency", "block", clock, "blocks", "settle");
  }
}
