package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives the tests of a class real Redis servers, empty before each test and whole after it.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final RedisExtension redis = RedisExtension.single();
 *
 * @Test
 * void answers() {
 *   assertThat(redis.server().command("PING")).isEqualTo("PONG");
 * }
 * }</pre>
 *
 * <p>The servers start before all tests and end after all; they come from where
 * {@link RedisServers} says. Before each test they get a {@code FLUSHALL}; after each, those that
 * the test paused are resumed and those that it killed are started again.
 *
 * <p>Register it in a static field. Tests of one class must not run in parallel.
 */
public final class RedisExtension
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

  private final Supplier<RedisTopology> start;
  private @Nullable RedisTopology topology;
  private int depth; // classes begun and not ended: a nested class is within another

  RedisExtension(Supplier<RedisTopology> start) {
    this.start = start;
  }

  /** Returns an extension that starts one server. */
  public static RedisExtension single() {
    return masters(1);
  }

  /**
   * Returns an extension that starts servers which do not know one another.
   *
   * @param count from 1 to 20
   */
  public static RedisExtension masters(int count) {
    Checks.range("count", count, 1, 20);
    return new RedisExtension(() -> RedisServers.masters(count));
  }

  /**
   * Returns an extension that starts a cluster.
   *
   * @param masters from 3 to 20
   * @param replicasPerMaster from 0 to 2
   */
  public static RedisExtension cluster(int masters, int replicasPerMaster) {
    var checked = new ClusterShape(masters, replicasPerMaster);
    return new RedisExtension(
        () -> RedisServers.cluster(checked.masters(), checked.replicasPerMaster()));
  }

  /** Returns an extension that starts a primary and a replica of it. */
  public static RedisExtension primaryWithReplica() {
    return new RedisExtension(RedisServers::primaryWithReplica);
  }

  /** Returns the servers, tied together. */
  public RedisTopology topology() {
    Checks.agreement(topology != null, "no servers: register the extension in a static field");
    return Checks.notNull(topology, "topology");
  }

  /** Returns the first server: the only one, or a master. */
  public RedisServer server() {
    return servers().get(0);
  }

  /** Returns all servers, masters first. */
  public List<RedisServer> servers() {
    return topology().servers();
  }

  /** Returns the address of the first server, such as {@code redis://127.0.0.1:11023}. */
  public String address() {
    return server().address();
  }

  /** Returns the addresses of all servers, masters first. */
  public List<String> addresses() {
    return topology().addresses();
  }

  /**
   * Aborts the test, which is then reported as skipped, with the reason, if the servers are
   * somebody else's: those are never paused, killed or restarted. The methods that make a fault do
   * so themselves; call this first where a test should not even begin.
   */
  public void requireFaults() {
    topology().requireFaults();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    depth++;
    if (topology == null) {
      topology = start.get();
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    topology().flush();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    topology().mend();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    depth--;
    if (depth == 0 && topology != null) {
      topology.close();
      topology = null;
    }
  }
}
