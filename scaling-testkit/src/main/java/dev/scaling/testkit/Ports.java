package dev.scaling.testkit;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Hands out ports of the loopback interface that nobody uses. */
final class Ports {

  /*
   * Ports are below those that the kernel gives to outgoing connections (32768 and above on Linux),
   * and so are the ports of the cluster bus, 10000 above: otherwise a client's connection could take
   * the port of a server while that is killed, and keep it from coming back.
   *
   * Processes run side by side, and the port of a server that is killed looks free to all of them.
   * So whoever has a port keeps its twin of UDP bound, which no server here uses and which the
   * kernel frees with the process. They also begin at different ports.
   */

  static final int BUS_OFFSET = 10_000;

  private static final int FIRST = 11_000;
  private static final int COUNT = 11_000;

  private static final ReentrantLock LOCK = new ReentrantLock();

  // Guarded by LOCK.
  private static final Map<Integer, DatagramSocket> TAKEN = new HashMap<>();
  private static long next = ProcessHandle.current().pid() * 101;

  private Ports() {}

  /** Takes a port that is free together with the one of its cluster bus. */
  static int take() {
    LOCK.lock();
    try {
      for (int i = 0; i < COUNT; i++) {
        int port = FIRST + (int) (next++ % COUNT);
        if (claim(port)) {
          return port;
        }
      }
      throw new IllegalStateException("no port is free from " + FIRST + " on");
    } finally {
      LOCK.unlock();
    }
  }

  static void release(int port) {
    LOCK.lock();
    try {
      var claim = TAKEN.remove(port);
      if (claim != null) {
        claim.close();
      }
    } finally {
      LOCK.unlock();
    }
  }

  /** Returns 127.0.0.1, whatever the platform prefers. */
  static InetAddress loopback() {
    try {
      return InetAddress.getByAddress("127.0.0.1", new byte[] {127, 0, 0, 1});
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }

  private static boolean claim(int port) {
    DatagramSocket claim;
    try {
      claim = new DatagramSocket(port, loopback());
    } catch (SocketException e) {
      return false; // ours, or that of another process
    }
    if (isFree(port) && isFree(port + BUS_OFFSET)) {
      TAKEN.put(port, claim);
      return true;
    }
    claim.close();
    return false;
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket(port, 1, loopback())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
