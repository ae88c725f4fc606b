using System.Reflection;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Chooses the constructor of a type: the public one with the most parameters that are all members, by name.</summary>
internal static class ConstructorBinder
{
    /// <summary>Chooses the constructor and tells the members which parameter takes them.</summary>
    /// <returns>The constructor, null for a struct without one.</returns>
    /// <exception cref="PayloadException">A class has no such constructor.</exception>
    public static ConstructorInfo? Bind(Type type, ObjectSlot[] slots)
    {
        var constructors = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).ToArray();
        foreach (var constructor in constructors)
        {
            var bound = constructor.GetParameters().Select(p => (Parameter: p, Slot: Find(slots, p))).ToArray();
            if (bound.All(b => b.Slot is not null))
            {
                foreach (var (parameter, slot) in bound)
                {
                    slot!.Parameter = parameter;
                }

                return constructor;
            }
        }

        if (type.IsValueType && (constructors.Length == 0 || slots.Any(s => s.IsSettable)))
        {
            return null;
        }

        throw FormatterFactory.Refused(type, constructors.Length == 0
            ? "it has no public constructor"
            : "each of its public constructors has a parameter that is no member of the same name and type");
    }

    private static ObjectSlot? Find(ObjectSlot[] slots, ParameterInfo parameter) =>
        slots.FirstOrDefault(s => Matches(s, parameter, StringComparison.Ordinal))
        ?? slots.FirstOrDefault(s => Matches(s, parameter, StringComparison.OrdinalIgnoreCase));

    private static bool Matches(ObjectSlot slot, ParameterInfo parameter, StringComparison comparison) =>
        string.Equals(slot.Member.Name, parameter.Name, comparison) && parameter.ParameterType.IsAssignableFrom(slot.Type);
}
