/// This side of a consumer: the buffer its loop takes from, and the way to end it.
final class Consumer: Sendable {
    let buffer: DeliveryBuffer
    private let id: UInt64
    private let inbox: Inbox<Subscriber.Command>

    init(id: UInt64, source: Subscription.Source, prefetch: Int, inbox: Inbox<Subscriber.Command>) {
        self.id = id
        self.inbox = inbox
        buffer = DeliveryBuffer()
        let prefetch = UInt16(clamping: max(1, prefetch))
        if let error = inbox.post(.subscribe(id: id, source, prefetch: prefetch, buffer)) {
            buffer.finish(.failure(error))
        }
    }

    deinit {
        leave()
    }

    func leave() {
        // First the end of the consumer, or the broker would deliver at once what is handed back.
        inbox.post(.leave(id: id))
        for delivery in buffer.finish(.success(())) { delivery.settle(.requeue) }
    }
}
