package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and a server and, when told to, behaves like a network that fails.
 *
 * <p>It listens on the loopback interface. A {@linkplain #mode(Mode) mode} takes effect at once, on
 * open connections too. What a mode drops is lost for good, and a direction of a connection that
 * has lost something carries nothing more, since TCP never delivers a stream with a hole:
 * {@linkplain #cutConnections() cut} the connections to let clients begin anew.
 *
 * <p>Safe for use by many threads. Starts a daemon thread of its own and two for each connection,
 * all named after the port; {@link #close()} ends them.
 */
public final class FaultProxy implements AutoCloseable {

  /** What the proxy does with what it is sent. */
  public enum Mode {
    /** Carries everything. The first mode of a proxy. */
    PASS,

    /** Drops everything, both ways; connections stay open. */
    BLACK_HOLE,

    /** Drops what clients send; what the server sends arrives. */
    DROP_REQUESTS,

    /** Drops what the server sends: commands run, and their replies are lost. */
    DROP_REPLIES,

    /**
     * Accepts connections without making one to the server, and reads nothing; connections that
     * were there before drop everything. One accepted in this mode stays so for ever.
     */
    HALF_OPEN,

    /**
     * Carries the next write of a client to the server, and resets that client's connection instead
     * of carrying the reply. So the command has run, which the client cannot know. Only the first
     * write is treated so, then the mode is {@link #PASS} again.
     */
    RESET_AFTER_WRITE,

    /** Refuses new connections; open ones carry everything until they are cut. */
    REFUSE
  }

  private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);
  private static final int CONNECT_MILLIS = 5_000;
  private static final int BACKLOG = 128;

  private final InetSocketAddress server;
  private final int port = Ports.take();
  private final AtomicReference<Mode> mode = new AtomicReference<>(Mode.PASS);
  private final Set<ProxyConnection> connections = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private volatile long delayNanos;
  private volatile boolean closed;

  // Guarded by lock.
  private @Nullable ServerSocket listener;
  private @Nullable Thread acceptor;

  private FaultProxy(String host, int port) {
    this.server = new InetSocketAddress(host, port);
  }

  /** Starts a proxy for a server, which it reaches again after the server was restarted. */
  public static FaultProxy to(RedisServer server) {
    return to(server.host(), server.port());
  }

  /** Starts a proxy for any server that speaks over TCP. */
  public static FaultProxy to(String host, int port) {
    var proxy = new FaultProxy(host, port);
    proxy.mode(Mode.PASS);
    return proxy;
  }

  /** Returns the port that clients connect to; it stays the same in every mode. */
  public int port() {
    return port;
  }

  /** Returns the address of the proxy in the form that Redis clients take. */
  public String address() {
    return "redis://127.0.0.1:" + port;
  }

  /**
   * Changes what happens from now on.
   *
   * @throws IllegalStateException if the proxy was closed
   */
  public void mode(Mode mode) {
    lock.lock();
    try {
      Checks.agreement(!closed, this + " was closed");
      this.mode.set(Checks.notNull(mode, "mode"));
      if (mode == Mode.REFUSE) {
        stopListening();
      } else if (listener == null) {
        listener = listen();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on port " + port, e);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the present mode. */
  public Mode mode() {
    return mode.get();
  }

  /**
   * Holds back everything that is carried from now on, each way: a round trip takes twice as long.
   * What arrives while something is held waits for up to twice the delay. The default is zero.
   *
   * @param delay from zero to one minute
   */
  public void delay(Duration delay) {
    Checks.duration("delay", delay, Duration.ZERO, LONGEST_DELAY);
    delayNanos = delay.toNanos();
  }

  /** Resets all connections, to the clients and to the server. New ones are treated as before. */
  public void cutConnections() {
    List.copyOf(connections).forEach(ProxyConnection::reset);
  }

  /** Returns how many clients are connected. */
  public int connections() {
    return connections.size();
  }

  /** Resets all connections and ends the threads. Does nothing the second time. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      stopListening();
      Ports.release(port);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close " + this, e);
    } finally {
      lock.unlock();
    }
    cutConnections();
  }

  @Override
  public String toString() {
    return "FaultProxy{" + port + " to " + server + ", " + mode + "}";
  }

  long delayNanos() {
    return delayNanos;
  }

  /** Returns whether a write is to be answered by a reset, for one caller only. */
  boolean takeReset() {
    return mode.compareAndSet(Mode.RESET_AFTER_WRITE, Mode.PASS);
  }

  void ended(ProxyConnection connection) {
    connections.remove(connection);
  }

  /** Starts a named thread that does not keep the JVM alive. */
  Thread startThread(String role, Runnable work) {
    var thread = new Thread(work, "fault-proxy-" + port + "-" + role);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private ServerSocket listen() throws IOException {
    var opened = new ServerSocket(port, BACKLOG, Ports.loopback());
    acceptor = startThread("accept", () -> acceptAll(opened));
    return opened;
  }

  private void stopListening() throws IOException {
    if (listener != null) {
      listener.close();
      listener = null;
    }
    if (acceptor != null) {
      try {
        // The kernel accepts connections for as long as a thread waits for one, closed or not.
        acceptor.join(2 * CONNECT_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      acceptor = null;
    }
  }

  private void acceptAll(ServerSocket from) {
    while (!from.isClosed()) {
      try {
        accept(from.accept());
      } catch (IOException e) {
        // The listener was closed, or one client went away: the loop's condition tells them apart.
      }
    }
  }

  private void accept(Socket client) throws IOException {
    var connection = new ProxyConnection(this, client);
    connections.add(connection);
    if (mode() != Mode.HALF_OPEN) {
      connection.open(server, CONNECT_MILLIS);
    }
    if (closed) {
      connection.reset(); // too late for the one who cut the others
    }
  }
}
