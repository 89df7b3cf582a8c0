/// Wire
