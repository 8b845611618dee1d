/// What is still to happen, by time and then in the order in which it was put in.
struct EventQueue<Element> {
  private struct Key {
    var time: Int64
    var sequence: UInt64
    var place: Int
  }

  private var heap: [Key] = []
  /// The elements stand aside, so that the heap moves small keys only.
  private var elements: [Element?] = []
  private var freePlaces: [Int] = []
  private var sequence: UInt64 = 0

  var isEmpty: Bool { heap.isEmpty }
  var nextTime: Int64? { heap.first?.time }

  mutating func push(_ element: Element, at time: Int64) {
    sequence += 1
    let place: Int
    if let free = freePlaces.popLast() {
      place = free
      elements[place] = element
    } else {
      place = elements.count
      elements.append(element)
    }
    heap.append(Key(time: time, sequence: sequence, place: place))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard precedes(heap[child], heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> (time: Int64, element: Element)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    // Swapped out instead of copied: an element is large and holds many references.
    var taken: Element?
    swap(&taken, &elements[first.place])
    guard let element = taken else { preconditionFailure("a key without an element") }
    freePlaces.append(first.place)
    return (first.time, element)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = 2 * parent + 1
      guard least < heap.count else { return }
      if least + 1 < heap.count, precedes(heap[least + 1], heap[least]) { least += 1 }
      guard precedes(heap[least], heap[parent]) else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  private func precedes(_ a: Key, _ b: Key) -> Bool {
    a.time != b.time ? a.time < b.time : a.sequence < b.sequence
  }
}
