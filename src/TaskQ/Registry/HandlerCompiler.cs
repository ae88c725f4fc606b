using System.Linq.Expressions;
using TaskQ.Dispatch;

namespace TaskQ.Registry;

/// <summary>Compiles the code that takes arguments from one kind of source and calls the handler.</summary>
/// <remarks>All arguments are taken before the call, so what the handler throws is never mistaken for a bad argument.</remarks>
internal sealed class HandlerCompiler
{
    private readonly ParameterExpression _source = Expression.Parameter(typeof(MessageArguments), "arguments");
    private readonly ParameterExpression _invocation = Expression.Parameter(typeof(Invocation), "invocation");
    private readonly List<ParameterExpression> _locals = [];
    private readonly List<Expression> _body = [];
    private readonly HandlerPlan _plan;
    private readonly ArgumentParameter[] _arguments;

    private HandlerCompiler(HandlerPlan plan)
    {
        _plan = plan;
        _arguments = plan.Arguments.Parameters;
    }

    /// <summary>For a handler that takes no arguments and is given any.</summary>
    public static HandlerInvoker IgnoringArguments(HandlerPlan plan) => new HandlerCompiler(plan).Finish([]);

    /// <summary>Reads from the fields of <see cref="TypedArguments"/> whose types are those of the handler.</summary>
    public static HandlerInvoker FromFields(HandlerPlan plan, Type argumentsClass)
    {
        var compiler = new HandlerCompiler(plan);
        ParameterExpression fields = compiler.Local(argumentsClass, "fields");
        compiler.Assign(fields, Expression.Convert(compiler._source, argumentsClass));
        var taken = new Expression[compiler._arguments.Length];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = Expression.Field(fields, $"Item{i + 1}");
        }

        return compiler.Finish(taken);
    }

    /// <summary>Unboxes from an <see cref="ArgumentArray"/>, and converts what is not of the exact type.</summary>
    public static HandlerInvoker FromArray(HandlerPlan plan)
    {
        var compiler = new HandlerCompiler(plan);
        ParameterExpression values = compiler.Local(typeof(object[]), "values");
        ParameterExpression count = compiler.Local(typeof(int), "count");
        Expression array = Expression.Convert(compiler._source, typeof(ArgumentArray));
        compiler.Assign(values, Expression.Property(array, nameof(ArgumentArray.Values)));
        compiler.Assign(count, Expression.ArrayLength(values));
        compiler.CheckCount(count);

        var taken = new Expression[compiler._arguments.Length];
        for (int i = 0; i < taken.Length; i++)
        {
            ParameterExpression value = compiler.Local(compiler._arguments[i].Type, $"value{i}");
            compiler.Assign(value, compiler.OrDefault(i, count, compiler.Unbox(values, i)));
            taken[i] = value;
        }

        return compiler.Finish(taken);
    }

    /// <summary>Decodes <see cref="EncodedArguments"/>, each straight to its parameter's type.</summary>
    public static HandlerInvoker FromBytes(HandlerPlan plan)
    {
        var compiler = new HandlerCompiler(plan);
        ParameterExpression encoded = compiler.Local(typeof(EncodedArguments), "encoded");
        ParameterExpression count = compiler.Local(typeof(int), "count");
        ParameterExpression payload = compiler.Local(typeof(ReadOnlyMemory<byte>), "payload");
        ParameterExpression index = compiler.Local(typeof(int), "index");
        compiler.Assign(encoded, Expression.Convert(compiler._source, typeof(EncodedArguments)));
        compiler.Assign(count, Expression.Property(encoded, nameof(EncodedArguments.Count)));
        compiler.CheckCount(count);
        compiler.Assign(payload, Expression.Property(encoded, nameof(EncodedArguments.Payload)));

        var reads = new List<Expression>();
        var taken = new Expression[compiler._arguments.Length];
        for (int i = 0; i < taken.Length; i++)
        {
            ArgumentParameter argument = compiler._arguments[i];
            ParameterExpression value = compiler.Local(argument.Type, $"value{i}");
            Delegate reader = argument.Reader!;
            Expression read = Expression.Invoke(Expression.Constant(reader, reader.GetType()), payload);
            reads.Add(Expression.Assign(index, Expression.Constant(i)));
            reads.Add(Expression.Assign(value, compiler.OrDefault(i, count, read)));
            taken[i] = value;
        }

        if (reads.Count > 0)
        {
            ParameterExpression error = Expression.Parameter(typeof(PayloadException), "error");
            Expression mismatch = Expression.Call(Expression.Constant(plan), nameof(HandlerPlan.Undecodable), null, index, error);
            compiler._body.Add(Expression.TryCatch(
                Expression.Block(typeof(void), reads),
                Expression.Catch(error, Expression.Throw(mismatch, typeof(void)))));
        }

        return compiler.Finish(taken);
    }

    private ParameterExpression Local(Type type, string name)
    {
        ParameterExpression local = Expression.Variable(type, name);
        _locals.Add(local);
        return local;
    }

    private void Assign(ParameterExpression local, Expression value) => _body.Add(Expression.Assign(local, value));

    private void CheckCount(ParameterExpression count)
    {
        Expression isWrong = Expression.NotEqual(count, Expression.Constant(_arguments.Length));
        if (_plan.Arguments.RequiredCount < _arguments.Length)
        {
            isWrong = Expression.OrElse(
                Expression.LessThan(count, Expression.Constant(_plan.Arguments.RequiredCount)),
                Expression.GreaterThan(count, Expression.Constant(_arguments.Length)));
        }

        Expression error = Expression.Call(Expression.Constant(_plan), nameof(HandlerPlan.WrongCount), null, count);
        _body.Add(Expression.IfThen(isWrong, Expression.Throw(error)));
    }

    private Expression OrDefault(int index, ParameterExpression count, Expression value)
    {
        ArgumentParameter argument = _arguments[index];
        if (!argument.IsOptional)
        {
            return value;
        }

        Expression defaultValue = argument.DefaultValue is null
            ? Expression.Default(argument.Type)
            : Expression.Constant(argument.DefaultValue, argument.Type);
        return Expression.Condition(Expression.GreaterThan(count, Expression.Constant(index)), value, defaultValue);
    }

    private Expression Unbox(ParameterExpression values, int index)
    {
        Type type = _arguments[index].Type;
        Expression element = Expression.ArrayIndex(values, Expression.Constant(index));
        if (type == typeof(object))
        {
            return element;
        }

        ParameterExpression boxed = Local(typeof(object), $"boxed{index}");
        Expression convert = Expression.Call(
            Expression.Constant(_plan),
            nameof(HandlerPlan.Convert),
            [type],
            boxed,
            Expression.Constant(index));
        return Expression.Block(
            Expression.Assign(boxed, element),
            Expression.Condition(Expression.TypeIs(boxed, type), Expression.Convert(boxed, type), convert));
    }

    private HandlerInvoker Finish(Expression[] arguments)
    {
        var values = new Queue<Expression>(arguments);
        Expression[] given = Array.ConvertAll(
            _plan.Parameters,
            parameter => parameter.Kind == ParameterKind.Payload ? values.Dequeue() : Inject(parameter));

        // The delegate is called, not its method: this holds for closed, open and compiled delegates alike.
        Delegate handler = _plan.Handler;
        Expression call = Expression.Invoke(Expression.Constant(handler, handler.GetType()), given);
        _body.Add(HandlerResult.Await(call, _plan));
        return Expression.Lambda<HandlerInvoker>(Expression.Block(_locals, _body), _source, _invocation).Compile();
    }

    private Expression Inject(HandlerParameter parameter) => parameter.Kind switch
    {
        ParameterKind.CancellationToken => Expression.Property(_invocation, nameof(Invocation.CancellationToken)),
        ParameterKind.Context => Expression.Property(_invocation, nameof(Invocation.Context)),
        ParameterKind.Message => Expression.Property(_invocation, nameof(Invocation.Message)),
        ParameterKind.Error => Expression.Property(_invocation, nameof(Invocation.Error)),
        _ => Expression.Call(
            Expression.Constant(parameter.Service, parameter.Service!.GetType()),
            nameof(ServiceParameter<object>.Resolve),
            null,
            _invocation),
    };
}
