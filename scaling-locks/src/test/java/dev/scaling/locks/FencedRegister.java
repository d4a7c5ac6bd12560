package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.locks.HistoryCheck.Write;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Numbers that locks protect, one each, which clients read and then write. It refuses both with a
 * fencing token older than the greatest it has seen, as all that a lock protects should: refused
 * reads, too, are what keeps one client from counting on from what another is about to change.
 */
final class FencedRegister implements AutoCloseable {

  private final ServerSocket listener;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Map<String, Long> greatest = new HashMap<>();
  private final Map<String, Long> values = new HashMap<>();
  private final List<Write> writes = new ArrayList<>();

  FencedRegister() throws IOException {
    listener = new ServerSocket(/* any */ 0, /* backlog= */ 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Returns the writes that it took so far, in their order. */
  List<Write> writes() {
    lock.lock();
    try {
      return List.copyOf(writes);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  private void accept() {
    try {
      while (true) {
        var client = listener.accept();
        start(() -> serve(client));
      }
    } catch (IOException e) {
      // It was closed.
    }
  }

  private void serve(Socket client) {
    try (client;
        var in = new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] part = line.split(" ", 3);
        long answer = call(part[0], Long.parseLong(part[1]), Long.parseLong(part[2]));
        client.getOutputStream().write((answer + "\n").getBytes(UTF_8));
      }
    } catch (IOException e) {
      // The client has gone.
    }
  }

  /** Reads, if there is nothing to write. */
  private long call(String name, long token, long value) {
    lock.lock();
    try {
      if (token < greatest.getOrDefault(name, Long.MIN_VALUE)) {
        return Client.REFUSED;
      }
      greatest.put(name, token);
      if (value != Client.NOTHING) {
        values.put(name, value);
        writes.add(new Write(name, token, value));
      }
      return values.getOrDefault(name, 0L);
    } finally {
      lock.unlock();
    }
  }

  private static void start(Runnable work) {
    var thread = new Thread(work, "register");
    thread.setDaemon(true);
    thread.start();
  }

  /** How a client uses it. Not safe for use by many threads. */
  static final class Client {

    static final long REFUSED = -1;
    private static final long NOTHING = -2;

    private final Socket socket;
    private final BufferedReader in;

    Client(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
    }

    /** Returns the number, or {@link #REFUSED}. */
    long read(String lock, long token) {
      return call(lock, token, NOTHING);
    }

    /** Returns what was written, or {@link #REFUSED}. */
    long write(String lock, long token, long value) {
      return call(lock, token, value);
    }

    private long call(String lock, long token, long value) {
      try {
        socket.getOutputStream().write((lock + " " + token + " " + value + "\n").getBytes(UTF_8));
        return Long.parseLong(in.readLine());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
