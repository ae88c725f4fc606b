// Each test starts several processes, so the tests take turns.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
