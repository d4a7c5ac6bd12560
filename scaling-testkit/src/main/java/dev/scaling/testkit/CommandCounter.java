package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Counts the commands that a server runs between two points.
 *
 * <pre>{@code
 * try (var commands = CommandCounter.sentTo(redis.server())) {
 *   cache.get("user:1");
 *   assertThat(commands.counts()).containsExactly(entry("get", 1L));
 * }
 * }</pre>
 *
 * <p>A server's own statistics, {@link #runBy}, count what a script calls just as what clients
 * send, and tell nobody which is which: neither {@code INFO commandstats} nor
 * {@code total_commands_processed} leaves it out. {@link #sentTo} counts only what clients send,
 * each of which is a command on the wire, by {@code MONITOR}. Both count the commands of all
 * clients, those that a client sends by itself such as {@code PING} or {@code HELLO} included, but
 * not those of this counter.
 *
 * <p>Safe for use by many threads.
 */
public final class CommandCounter implements AutoCloseable {

  private final Readings readings;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private Map<String, Long> start = Map.of();

  private CommandCounter(Readings readings) {
    this.readings = readings;
    reset();
  }

  /**
   * Counts from now on what a server runs, the commands that scripts call included; subcommands
   * stand apart, as {@code config|get}. Costs the server nothing.
   */
  public static CommandCounter runBy(RedisServer server) {
    return new CommandCounter(new Statistics(server));
  }

  /**
   * Counts from now on what clients send to a server: a script is one {@code evalsha}, whatever it
   * calls. Slows the server down while the counter is open; {@code AUTH} and administrative
   * commands such as {@code CONFIG} are left out.
   */
  public static CommandCounter sentTo(RedisServer server) {
    return new CommandCounter(new CommandMonitor(server));
  }

  /** Begins to count from zero. One or two round trips. */
  public void reset() {
    lock.lock();
    try {
      start = readings.read();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns how often each command ran, by its name in lower case, without those that did not. One
   * or two round trips.
   *
   * @throws IllegalStateException if counts went down, as they do when the server is restarted
   */
  public Map<String, Long> counts() {
    lock.lock();
    try {
      var counts = new TreeMap<>(readings.read());
      start.forEach((command, before) -> counts.merge(command, -before, Long::sum));
      Checks.agreement(
          counts.values().stream().allMatch(count -> count >= 0),
          "the server was restarted, or its statistics were, while commands were counted");
      counts.values().removeIf(count -> count == 0);
      return counts;
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many commands ran. One or two round trips. */
  public long total() {
    return counts().values().stream().mapToLong(Long::longValue).sum();
  }

  /** Ends the connection that watches the server, if there is one. */
  @Override
  public void close() {
    readings.close();
  }

  /** Counts since some fixed moment, without what taking them costs. */
  interface Readings {

    Map<String, Long> read();

    void close();
  }

  /** Reads the server's own statistics. Called under the lock. */
  private static final class Statistics implements Readings {

    private final RedisServer server;
    private long ownCommands; // a command is counted once it has run, so a reading lacks its own

    Statistics(RedisServer server) {
      this.server = server;
    }

    @Override
    public Map<String, Long> read() {
      var counts = new TreeMap<>(server.commandCounts());
      counts.merge("info", -ownCommands, Long::sum);
      counts.remove("auth"); // each of our own commands may need one
      ownCommands++;
      return counts;
    }

    @Override
    public void close() {}
  }
}
