package dev.scaling.testkit;

import dev.scaling.core.Time;
import dev.scaling.testkit.FaultProxy.Mode;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/** One client's connection through a proxy, and the one to the server that belongs to it. */
final class ProxyConnection {

  private static final int BUFFER_BYTES = 64 * 1024;

  private final FaultProxy proxy;
  private final Socket client;
  private final Socket server = new Socket();
  private final AtomicInteger openWays = new AtomicInteger(2);
  private volatile boolean resetOnReply;
  private volatile boolean draining;

  ProxyConnection(FaultProxy proxy, Socket client) {
    this.proxy = proxy;
    this.client = client;
  }

  /** Connects to the server, and carries until an end closes; resets the client if that fails. */
  void open(InetSocketAddress address, int timeoutMillis) {
    try {
      server.connect(address, timeoutMillis);
      server.setTcpNoDelay(true);
      client.setTcpNoDelay(true);
      proxy.startThread("requests", () -> carry(client, server, /* requests= */ true));
      proxy.startThread("replies", () -> carry(server, client, /* requests= */ false));
    } catch (IOException e) {
      reset();
    }
  }

  /** Ends both sides by a reset, which discards what is under way. */
  void reset() {
    reset(client);
    reset(server);
    proxy.ended(this);
  }

  private void carry(Socket from, Socket to, boolean requests) {
    boolean lost = false;
    try {
      InputStream in = from.getInputStream();
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        hold();
        lost |= drops(requests);
        if (lost) {
          continue;
        }
        if (requests && proxy.takeReset()) {
          resetOnReply = true; // before the write, or the reply could slip through
        } else if (!requests && resetOnReply) {
          drain(in, buffer);
          reset();
          return;
        }
        to.getOutputStream().write(buffer, 0, n);
      }
      if (!lost && !drops(requests)) {
        to.shutdownOutput();
      }
      if (openWays.decrementAndGet() == 0) {
        close();
      }
    } catch (IOException e) {
      if (!lost && !drops(requests) && !draining) { // else the other side is not to notice yet
        reset();
      }
    }
  }

  /** Makes sure that the server runs all it was sent: it reads on until it sees the end. */
  private void drain(InputStream replies, byte[] buffer) throws IOException {
    draining = true;
    server.shutdownOutput();
    int read;
    do {
      read = replies.read(buffer);
    } while (read >= 0);
  }

  private void hold() {
    long startNanos = Time.system().nanoTime();
    long left = proxy.delayNanos();
    while (left > 0 && !client.isClosed()) {
      Await.park(left);
      left = proxy.delayNanos() - (Time.system().nanoTime() - startNanos);
    }
  }

  private boolean drops(boolean requests) {
    Mode mode = proxy.mode();
    return mode == Mode.BLACK_HOLE
        || mode == Mode.HALF_OPEN
        || mode == (requests ? Mode.DROP_REQUESTS : Mode.DROP_REPLIES);
  }

  private void close() throws IOException {
    client.close();
    server.close();
    proxy.ended(this);
  }

  private static void reset(Socket socket) {
    try (socket) {
      socket.setSoLinger(true, 0); // makes close() send RST instead of FIN
    } catch (IOException e) {
      // It was closed already, which is all that is wanted.
    }
  }
}
