package dev.scaling.examples.queue;

import java.util.Comparator;

record Mail(int number) {

  static final Comparator<Mail> BY_NUMBER = Comparator.comparingInt(Mail::number);
}
