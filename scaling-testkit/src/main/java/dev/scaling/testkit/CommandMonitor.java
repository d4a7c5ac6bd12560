package dev.scaling.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Counts what clients send to a server, as that reports it to {@code MONITOR}. */
final class CommandMonitor implements CommandCounter.Readings {

  /*
   * A line is  1763900000.123456 [0 127.0.0.1:40112] "get" "key"  , and  [0 lua]  in place of the
   * address if a script called the command. Lines come in the order in which commands ran, so that a
   * reading is complete once its own marker has come.
   */
  private static final Pattern LINE = Pattern.compile("[0-9.]+ \\[\\d+ (\\S+)\\] \"([^\"]+)\"(.*)");
  private static final String MARKER = "scaling-testkit-marker-";
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final AtomicLong MARKERS = new AtomicLong();

  private final RedisServer server;
  private final RespConnection connection;
  private final ConcurrentMap<String, Long> counts = new ConcurrentHashMap<>();
  private volatile String lastMarker = "";

  CommandMonitor(RedisServer server) {
    this.server = server;
    try {
      connection = server.connect(Duration.ZERO);
      connection.call("MONITOR");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot monitor " + server, e);
    }
    var thread = new Thread(this::readAll, "command-monitor-" + server.port());
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public Map<String, Long> read() {
    String marker = MARKER + MARKERS.incrementAndGet();
    server.command("ECHO", marker);
    Await.until("marker from " + server, TIMEOUT, () -> lastMarker.equals(marker));
    return Map.copyOf(counts);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close the connection to " + server, e);
    }
  }

  private void readAll() {
    try {
      while (true) {
        count(String.valueOf(connection.read()));
      }
    } catch (IOException e) {
      // Closed, by us or with the server: the next reading finds no marker.
    }
  }

  private void count(String line) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.matches() || matcher.group(1).equals("lua")) {
      return;
    }
    int marker = matcher.group(3).indexOf(MARKER);
    if (marker >= 0) {
      lastMarker = matcher.group(3).substring(marker).replace("\"", "");
      return;
    }
    String command = matcher.group(2).toLowerCase(Locale.ROOT);
    if (!command.equals("auth")) { // each of our own commands may need one
      counts.merge(command, 1L, Long::sum);
    }
  }
}
